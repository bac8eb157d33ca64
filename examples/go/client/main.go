// Calls services behind Sallyport from Go, with nothing but its own library: log in, follow rotation, log out.
//
//	cd examples/go && go run ./client http://127.0.0.1:8080 ada correct-horse /orders 5 1
//
// makes five calls, one a second. The RPCs of sallyport.v1 are plain POSTs of JSON. The rules are those of
// docs/tokens-and-rotation.md, "What a client must do"; a fifth one is for relays, which hand a browser's new tokens on and keep none.
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Sallyport is a session. Its methods may be called by many goroutines, which share one token.
type Sallyport struct {
	Origin, User, Password string
	mutex                  sync.Mutex
	token                  string
}

// Answer is the answer to a call.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// A token goes to the origin that it is for, and to no other: redirects are not followed.
var httpClient = &http.Client{
	Timeout:       30 * time.Second,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// LogIn opens a session.
func (s *Sallyport) LogIn() error {
	message, _ := json.Marshal(map[string]any{"password": map[string]string{"user": s.User, "password": s.Password}})
	answer, err := s.send("/sallyport.v1.AuthService/LogIn", message, "")
	if err != nil {
		return err
	}
	var said struct{ Token, Message string }
	if err := json.Unmarshal(answer.Body, &said); err != nil || answer.Status != 200 {
		return fmt.Errorf("the log-in was refused: %d %s", answer.Status, said.Message)
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.token = said.Token
	return nil
}

// LogOut ends the session on every node.
func (s *Sallyport) LogOut() error {
	_, err := s.Call("/sallyport.v1.AuthService/LogOut", []byte("{}"))
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.token = ""
	return err
}

// Call posts a body, or gets without one. The body is bytes, since a call may have to be repeated.
func (s *Sallyport) Call(path string, body []byte) (answer Answer, err error) {
	for attempt := range 4 {
		sent := s.Token()
		if answer, err = s.send(path, body, sent); err != nil {
			return answer, err
		}
		// Rule 2: take a new token from every answer, those of errors too.
		if scheme, token, found := strings.Cut(answer.Header.Get("Authorization"), " "); found && strings.EqualFold(scheme, "bearer") {
			s.learn(token)
		}
		reason := answer.Header.Get("Sallyport-Reason")
		switch {
		case reason == "superseded" && isNewer(s.Token(), sent):
			continue // Rule 3: no service has run; repeat, with the newest token.
		case reason == "expired" || reason == "revoked":
			if err = s.logInAfter(sent); err != nil { // Rule 4: only these ask for another log-in.
				return answer, err
			}
		case answer.Status == 503 && reason != "":
			time.Sleep(pause(answer.Header, attempt)) // Rule 4: keep the token, and try again.
		default:
			return answer, nil
		}
	}
	return answer, nil
}

// Token returns the newest token.
func (s *Sallyport) Token() string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.token
}

// learn keeps the newest token: the one with the higher generation, not the one that arrived last (rule 1).
func (s *Sallyport) learn(token string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if isNewer(token, s.token) {
		s.token = token
	}
}

func (s *Sallyport) logInAfter(sent string) error {
	if s.Token() != sent { // another goroutine has logged in already
		return nil
	}
	return s.LogIn()
}

func (s *Sallyport) send(path string, body []byte, token string) (Answer, error) {
	method := http.MethodGet
	if body != nil {
		method = http.MethodPost
	}
	request, err := http.NewRequest(method, s.Origin+path, bytes.NewReader(body))
	if err != nil {
		return Answer{}, err
	}
	request.Header.Set("Content-Type", "application/json")
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := httpClient.Do(request)
	if err != nil {
		return Answer{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return Answer{response.StatusCode, response.Header, text}, err
}

func pause(header http.Header, attempt int) time.Duration {
	if seconds, err := strconv.Atoi(header.Get("Retry-After")); err == nil {
		return time.Duration(seconds) * time.Second
	}
	return time.Second << attempt
}

// parts returns the session and the generation of a token; a program needs nothing else of it.
func parts(token string) (session string, generation uint32) {
	fields, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(token, "sps_"))
	if err != nil || len(fields) < 23 {
		return "", 0
	}
	return string(fields[3:19]), binary.BigEndian.Uint32(fields[19:23])
}

func isNewer(token, than string) bool {
	session, generation := parts(token)
	other, before := parts(than)
	return session == other && generation > before
}

func main() {
	if len(os.Args) != 7 {
		fail(fmt.Errorf("usage: client ORIGIN USER PASSWORD PATH COUNT SECONDS"))
	}
	client := &Sallyport{Origin: os.Args[1], User: os.Args[2], Password: os.Args[3]}
	fail(client.LogIn())
	count, err := strconv.Atoi(os.Args[5])
	fail(err)
	wait, err := time.ParseDuration(os.Args[6] + "s")
	fail(err)
	for range count {
		answer, err := client.Call(os.Args[4], nil)
		fail(err)
		_, generation := parts(client.Token())
		fmt.Println(answer.Status, "generation", generation)
		time.Sleep(wait)
	}
	fail(client.LogOut())
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
