// Arrow's Flight client for Go: both styles of log-in, and its cookies. Prints one line of JSON for each thing seen.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/apache/arrow-go/v18/arrow/flight"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

var port, user, password string

func saw(name, what string) {
	line, _ := json.Marshal(map[string]string{"name": name, "saw": what})
	fmt.Println(string(line))
}

func outcome(err error, ok string) string {
	if err == nil {
		return ok
	}
	return status.Code(err).String()
}

func within(seconds int) context.Context {
	ctx, _ := context.WithTimeout(context.Background(), time.Duration(seconds)*time.Second)
	return ctx
}

func connect(auth flight.ClientAuthHandler, middleware ...flight.ClientMiddleware) flight.Client {
	client, err := flight.NewClientWithMiddleware("127.0.0.1:"+port, auth, middleware,
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		panic(err)
	}
	return client
}

// letIn asks for what wants a session on either server, whatever it says of the ticket afterwards.
func letIn(client flight.Client, ctx context.Context) string {
	stream, err := client.DoGet(ctx, &flight.Ticket{Ticket: []byte("s/nothing")})
	if err == nil {
		_, err = stream.Recv()
	}
	if status.Code(err) == codes.Unauthenticated {
		return "no"
	}
	return "yes"
}

// byMessage sends a BasicAuth and keeps what comes back, as the examples of Arrow do.
type byMessage struct {
	password string
	token    string
}

func (auth *byMessage) Authenticate(_ context.Context, conn flight.AuthConn) error {
	payload, err := proto.Marshal(&flight.BasicAuth{Username: user, Password: auth.password})
	if err != nil {
		return err
	}
	if err := conn.Send(payload); err != nil {
		return err
	}
	token, err := conn.Read()
	auth.token = string(token)
	if err == io.EOF {
		return nil
	}
	return err
}

func (auth *byMessage) GetToken(context.Context) (string, error) { return auth.token, nil }

func main() {
	port, user, password = os.Args[1], os.Args[2], os.Args[3]

	ctx, err := connect(nil).AuthenticateBasicToken(within(5), user, password)
	saw("header: right password", outcome(err, "token"))
	saw("header: let in with the token", letIn(connect(nil), ctx))
	_, err = connect(nil).AuthenticateBasicToken(within(5), user, "wrong")
	saw("header: wrong password", outcome(err, "token"))

	auth := &byMessage{password: password}
	client := connect(auth)
	saw("message: right password", outcome(client.Authenticate(within(5)), "token"))
	saw("message: let in with auth-token-bin", letIn(client, within(5)))
	saw("message: wrong password", outcome(connect(&byMessage{password: "wrong"}).Authenticate(within(5)), "token"))

	// The log-in asks for the cookie; afterwards nothing but that says who calls.
	jar := connect(nil, flight.NewClientCookieMiddleware())
	asks := metadata.AppendToOutgoingContext(within(5), "x-deephaven-auth-cookie-request", "true")
	_, err = jar.AuthenticateBasicToken(asks, user, password)
	saw("cookie: log-in", outcome(err, "token"))
	saw("cookie: let in with nothing else", letIn(jar, within(5)))
}
