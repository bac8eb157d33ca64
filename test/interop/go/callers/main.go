// connect-go in its three protocols and grpc-go against test.v1.TalkService behind the gateway. Prints one line of JSON for
// each call: its client, its listener and its kind, and what the client saw.
//
//	callers PLAIN-ORIGIN TLS-ORIGIN CA-FILE AUTHORIZATION
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

type text = wrapperspb.StringValue

const service = "/test.v1.TalkService/"

var authorization string

// stream is a call of any kind, as either library has it.
type stream interface {
	send(message string) error
	closeSend() error
	// receive returns the next message, io.EOF at the end, and an error of the call.
	receive() (string, error)
	codeOf(err error) codes.Code
	messageOf(err error) string
	close()
}

type client func(ctx context.Context, method string) stream

func main() {
	authorization = os.Args[4]
	pem, err := os.ReadFile(os.Args[3])
	if err != nil {
		panic(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	for listener, origin := range map[string]string{"plain": os.Args[1], "tls": os.Args[2]} {
		trust := &tls.Config{RootCAs: pool, ServerName: "localhost"}
		for name, call := range map[string]client{
			"connect 1":  connectGo(origin, false, trust),
			"connect 2":  connectGo(origin, true, trust),
			"grpc-web 1": connectGo(origin, false, trust, connect.WithGRPCWeb()),
			"grpc-web 2": connectGo(origin, true, trust, connect.WithGRPCWeb()),
			"grpc 2":     connectGo(origin, true, trust, connect.WithGRPC()),
			"grpc-go 2":  grpcGo(origin, trust),
		} {
			for kind, saw := range callAll(call) {
				line, _ := json.Marshal(map[string]string{"name": name + "/" + listener + "/" + kind, "saw": saw})
				fmt.Println(string(line))
			}
		}
	}
}

func callAll(call client) map[string]string {
	return map[string]string{
		"unary":             exchange(call, "Say", time.Minute, "hello"),
		"server stream":     exchange(call, "Count", time.Minute, "3"),
		"client stream":     exchange(call, "Gather", time.Minute, "a", "b", "c"),
		"stream both ways":  talk(call),
		"error":             exchange(call, "Say", time.Minute, "fail"),
		"error in a stream": exchange(call, "Count", time.Minute, "fail"),
		"deadline":          exchange(call, "Say", 100*time.Millisecond, "silent"),
		"early answer":      exchange(call, "Gather", time.Minute, "early"),
	}
}

// exchange sends all messages, and returns what comes back in short.
func exchange(call client, method string, limit time.Duration, messages ...string) string {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	open := call(ctx, method)
	defer open.close()
	for _, message := range messages {
		// What the server has said is read in any case.
		if open.send(message) != nil {
			break
		}
	}
	_ = open.closeSend()
	return rest(open, nil)
}

// talk sends each message when the one before it has come back.
func talk(call client) string {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	open := call(ctx, "Chat")
	defer open.close()
	var said []string
	for _, message := range []string{"1", "2", "3"} {
		if open.send(message) != nil {
			break
		}
		back, err := open.receive()
		if err != nil {
			return outcome(open, said, err)
		}
		said = append(said, back)
	}
	_ = open.closeSend()
	return rest(open, said)
}

func rest(open stream, said []string) string {
	for {
		message, err := open.receive()
		if err != nil {
			return outcome(open, said, err)
		}
		said = append(said, message)
	}
}

func outcome(open stream, said []string, err error) string {
	if errors.Is(err, io.EOF) {
		return strings.Join(append(said, "OK"), " ")
	}
	code := open.codeOf(err).String()
	if why := open.messageOf(err); why != "" {
		code += ": " + why
	}
	return strings.Join(append(said, code), " ")
}

// Calls of connect-go: one with a single message each way is a unary call, which is another protocol in Connect.
type connectStream struct {
	unary  *connect.Client[text, text]
	server *connect.Client[text, text]
	ctx    context.Context
	first  string
	method string
	bidi   *connect.BidiStreamForClient[text, text]
	upload *connect.ClientStreamForClient[text, text]
	down   *connect.ServerStreamForClient[text]
	isDone bool
}

func connectGo(origin string, http2 bool, trust *tls.Config, options ...connect.ClientOption) client {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(!http2)
	protocols.SetHTTP2(http2)
	protocols.SetUnencryptedHTTP2(http2)
	httpClient := &http.Client{Transport: &http.Transport{Protocols: protocols, TLSClientConfig: trust.Clone()}}
	return func(ctx context.Context, method string) stream {
		made := connect.NewClient[text, text](httpClient, origin+service+method, options...)
		open := &connectStream{unary: made, server: made, ctx: ctx, method: method}
		switch method {
		case "Chat":
			open.bidi = made.CallBidiStream(ctx)
			open.bidi.RequestHeader().Set("authorization", authorization)
		case "Gather":
			open.upload = made.CallClientStream(ctx)
			open.upload.RequestHeader().Set("authorization", authorization)
		}
		return open
	}
}

func (open *connectStream) send(message string) error {
	value := wrapperspb.String(message)
	if open.bidi != nil {
		return open.bidi.Send(value)
	}
	if open.upload != nil {
		return open.upload.Send(value)
	}
	open.first = message
	return nil
}

func (open *connectStream) closeSend() error {
	if open.bidi != nil {
		return open.bidi.CloseRequest()
	}
	return nil
}

func (open *connectStream) receive() (string, error) {
	if open.bidi != nil {
		message, err := open.bidi.Receive()
		return message.GetValue(), err
	}
	if open.isDone {
		return "", io.EOF
	}
	request := connect.NewRequest(wrapperspb.String(open.first))
	request.Header().Set("authorization", authorization)
	var err error
	var response *connect.Response[text]
	switch {
	case open.upload != nil:
		open.isDone = true
		response, err = open.upload.CloseAndReceive()
	case open.method == "Say":
		open.isDone = true
		response, err = open.unary.CallUnary(open.ctx, request)
	default:
		if open.down == nil {
			if open.down, err = open.server.CallServerStream(open.ctx, request); err != nil {
				return "", err
			}
		}
		if open.down.Receive() {
			return open.down.Msg().GetValue(), nil
		}
		if err = open.down.Err(); err == nil {
			err = io.EOF
		}
		return "", err
	}
	if err != nil {
		return "", err
	}
	return response.Msg.GetValue(), nil
}

func (open *connectStream) codeOf(err error) codes.Code { return codes.Code(connect.CodeOf(err)) }

func (open *connectStream) messageOf(err error) string {
	var failed *connect.Error
	if errors.As(err, &failed) && failed.Meta().Get("x-why") != "" {
		return failed.Message() + ", " + failed.Meta().Get("x-why")
	}
	return ""
}

func (open *connectStream) close() {
	if open.bidi != nil {
		_ = open.bidi.CloseResponse()
	}
	if open.down != nil {
		_ = open.down.Close()
	}
}

// Calls of grpc-go: on the wire all of them stream.
type grpcStream struct{ grpc.ClientStream }

func grpcGo(origin string, trust *tls.Config) client {
	at, _ := url.Parse(origin)
	security := insecure.NewCredentials()
	if at.Scheme == "https" {
		security = credentials.NewTLS(trust.Clone())
	}
	connection, err := grpc.NewClient(at.Host, grpc.WithTransportCredentials(security))
	if err != nil {
		panic(err)
	}
	both := &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}
	return func(ctx context.Context, method string) stream {
		with := metadata.AppendToOutgoingContext(ctx, "authorization", authorization)
		opened, err := connection.NewStream(with, both, service+method)
		if err != nil {
			panic(err)
		}
		return grpcStream{opened}
	}
}

func (open grpcStream) send(message string) error { return open.SendMsg(wrapperspb.String(message)) }
func (open grpcStream) closeSend() error          { return open.CloseSend() }
func (open grpcStream) receive() (string, error) {
	message := new(text)
	err := open.RecvMsg(message)
	return message.GetValue(), err
}
func (open grpcStream) codeOf(err error) codes.Code { return status.Code(err) }
func (open grpcStream) messageOf(err error) string {
	if why := open.Trailer().Get("x-why"); len(why) > 0 {
		return status.Convert(err).Message() + ", " + why[0]
	}
	return ""
}
func (open grpcStream) close() {}
