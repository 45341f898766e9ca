// kfake: franz-go's fake cluster as one broker with its log in a folder, for scripts/bench to measure beside.
//
//	kfake PORT FOLDER
//
// It prints the same ready line as the other brokers, and ends with SIGTERM.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"syscall"

	"github.com/twmb/franz-go/pkg/kfake"
)

func main() {
	port, wrong := strconv.Atoi(os.Args[1])
	if wrong != nil {
		fail(wrong)
	}
	cluster, wrong := kfake.NewCluster(
		kfake.NumBrokers(1),
		kfake.Ports(port),
		kfake.DataDir(os.Args[2]),
		kfake.AllowAutoTopicCreation(),
	)
	if wrong != nil {
		fail(wrong)
	}
	ends := make(chan os.Signal, 1)
	signal.Notify(ends, syscall.SIGTERM, syscall.SIGINT)
	fmt.Println("Kafka Server started: kfake at", cluster.ListenAddrs()[0])
	<-ends
	cluster.Close()
}

func fail(wrong error) {
	fmt.Fprintln(os.Stderr, "kfake:", wrong)
	os.Exit(1)
}
