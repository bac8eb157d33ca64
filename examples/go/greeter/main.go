// A server of grpc-go, as an upstream of the gateway.
//
//	cd examples/go && go run ./greeter                # says where it listens
//	UPSTREAM=h2c://127.0.0.1:50051 node dist/examples/grpc-upstream.js
//
// The gateway lets programs and pages call it by Connect and gRPC-Web, too, and says who calls.
package main

import (
	"context"
	"fmt"
	"net"
	"os"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

type text = wrapperspb.StringValue

// Greeter is demo.v1.Greeter. A service of your own has this from protoc-gen-go-grpc.
type Greeter interface {
	Greet(context.Context, *text) (*text, error)
	GreetThrice(*text, grpc.ServerStream) error
}

type greeter struct{}

// Greet knows the caller from the gateway: no caller can forge the field.
func (greeter) Greet(ctx context.Context, name *text) (*text, error) {
	caller := "an unknown caller"
	if subjects := metadata.ValueFromIncomingContext(ctx, "x-sallyport-subject"); len(subjects) == 1 {
		caller = subjects[0]
	}
	return wrapperspb.String(fmt.Sprintf("Hello %s, says %s", name.Value, caller)), nil
}

// GreetThrice sends three messages.
func (g greeter) GreetThrice(name *text, stream grpc.ServerStream) error {
	for range 3 {
		greeting, err := g.Greet(stream.Context(), name)
		if err == nil {
			err = stream.SendMsg(greeting)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

var service = grpc.ServiceDesc{
	ServiceName: "demo.v1.Greeter",
	HandlerType: (*Greeter)(nil),
	Methods: []grpc.MethodDesc{{
		MethodName: "Greet",
		Handler: func(server any, ctx context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
			name := new(text)
			if err := decode(name); err != nil {
				return nil, err
			}
			return server.(Greeter).Greet(ctx, name)
		},
	}},
	Streams: []grpc.StreamDesc{{
		StreamName:    "GreetThrice",
		ServerStreams: true,
		Handler: func(server any, stream grpc.ServerStream) error {
			name := new(text)
			if err := stream.RecvMsg(name); err != nil {
				return err
			}
			return server.(Greeter).GreetThrice(name, stream)
		},
	}},
}

func main() {
	address := "127.0.0.1:50051"
	if len(os.Args) > 1 {
		address = os.Args[1]
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	server := grpc.NewServer()
	server.RegisterService(&service, greeter{})
	fmt.Printf("listening on http://%s\n", listener.Addr())
	if err := server.Serve(listener); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
