// gorilla/websocket on net/http.
package main

import (
	"encoding/json"
	"log"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"sync"
	"syscall"

	"github.com/gorilla/websocket"
)

type say struct {
	Room string `json:"room"`
	Text string `json:"text"`
}

type envelope struct {
	Type string `json:"type"`
	ID   int    `json:"id"`
	Data say    `json:"data"`
}

var (
	upgrader    = websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	subscribers = map[chan *websocket.PreparedMessage]struct{}{}
	gate        sync.RWMutex
)

func serve(loop func(*websocket.Conn)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		connection, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer connection.Close()
		connection.SetReadLimit(16 * 1024 * 1024)
		loop(connection)
	}
}

func echo(connection *websocket.Conn) {
	for {
		kind, message, err := connection.ReadMessage()
		if err != nil || connection.WriteMessage(kind, message) != nil {
			return
		}
	}
}

func typed(connection *websocket.Conn) {
	for {
		_, message, err := connection.ReadMessage()
		if err != nil {
			return
		}
		var request envelope
		if json.Unmarshal(message, &request) != nil || request.Type != "say" {
			return
		}
		reply, _ := json.Marshal(envelope{"reply", request.ID, request.Data})
		if connection.WriteMessage(websocket.TextMessage, reply) != nil {
			return
		}
	}
}

func publish(connection *websocket.Conn) {
	for {
		kind, message, err := connection.ReadMessage()
		if err != nil {
			return
		}
		prepared, _ := websocket.NewPreparedMessage(kind, message)
		gate.RLock()
		for queue := range subscribers {
			select {
			case queue <- prepared:
			default:
			}
		}
		gate.RUnlock()
	}
}

func subscribe(connection *websocket.Conn) {
	queue := make(chan *websocket.PreparedMessage, 1024)
	gate.Lock()
	subscribers[queue] = struct{}{}
	gate.Unlock()
	go func() {
		for message := range queue {
			if connection.WritePreparedMessage(message) != nil {
				connection.Close()
				return
			}
		}
	}()
	for {
		if _, _, err := connection.ReadMessage(); err != nil {
			break
		}
	}
	gate.Lock()
	delete(subscribers, queue)
	close(queue)
	gate.Unlock()
}

// Runs a full garbage collection on SIGCONT, so that memory can be compared.
func collectOnSignal() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGCONT)
	for range signals {
		debug.FreeOSMemory()
	}
}

func main() {
	go collectOnSignal()
	http.HandleFunc("/echo", serve(echo))
	http.HandleFunc("/json", serve(typed))
	http.HandleFunc("/publish", serve(publish))
	http.HandleFunc("/subscribe", serve(subscribe))
	log.Fatal(http.ListenAndServe("127.0.0.1:9009", nil))
}
