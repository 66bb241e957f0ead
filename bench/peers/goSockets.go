// Go's net and bufio, as a contender: goSockets lines | text | frames | echo | bulk
package main

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"io"
	"net"
	"os"
	"strconv"
	"syscall"
	"time"
)

var channel *os.File

func tell(message map[string]any) {
	line, _ := json.Marshal(message)
	channel.Write(append(line, '\n'))
}

// Seconds of the processor that this process has used.
func cpu() float64 {
	var usage syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	seconds := func(t syscall.Timeval) float64 { return float64(t.Sec) + float64(t.Usec)/1e6 }
	return seconds(usage.Utime) + seconds(usage.Stime)
}

func lines(conn net.Conn, each func(line []byte) int) (frames, length int) {
	reader := bufio.NewReaderSize(conn, 64*1024)
	for {
		line, err := reader.ReadSlice('\n')
		if err != nil {
			return
		}
		frames++
		length += each(line)
	}
}

func countFrames(conn net.Conn) (frames, length int) {
	reader := bufio.NewReaderSize(conn, 64*1024)
	var head [4]byte
	for {
		if _, err := io.ReadFull(reader, head[:]); err != nil {
			return
		}
		frame := make([]byte, binary.BigEndian.Uint32(head[:]))
		if _, err := io.ReadFull(reader, frame); err != nil {
			return
		}
		frames++
		length += len(frame)
	}
}

func echo(conn net.Conn) (frames, length int) {
	reader := bufio.NewReaderSize(conn, 64*1024)
	writer := bufio.NewWriterSize(conn, 64*1024)
	defer writer.Flush()
	for {
		// What is written leaves when nothing more is there to be answered.
		if reader.Buffered() == 0 && writer.Flush() != nil {
			return
		}
		line, err := reader.ReadSlice('\n')
		if err != nil {
			return
		}
		frames++
		length += len(line)
		writer.Write(line)
	}
}

func serve(handler string, conn net.Conn) (frames, length int) {
	switch handler {
	case "lines":
		return lines(conn, func(line []byte) int { return len(line) })
	case "text":
		return lines(conn, func(line []byte) int { return len(string(line)) })
	case "frames":
		return countFrames(conn)
	case "echo":
		return echo(conn)
	}
	io.Copy(conn, conn)
	return
}

func main() {
	descriptor, _ := strconv.Atoi(os.Getenv("NODE_CHANNEL_FD"))
	channel = os.NewFile(uintptr(descriptor), "channel")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	// It does not outlive the bench.
	go func() {
		io.Copy(io.Discard, channel)
		os.Exit(0)
	}()
	tell(map[string]any{"type": "listening", "port": listener.Addr().(*net.TCPAddr).Port})
	for {
		conn, err := listener.Accept()
		if err != nil {
			panic(err)
		}
		go func() {
			used, started := cpu(), time.Now()
			frames, length := serve(os.Args[1], conn)
			seconds := time.Since(started).Seconds()
			tell(map[string]any{"type": "served", "frames": frames, "length": length, "seconds": seconds, "cpu": cpu() - used})
			conn.Close()
		}()
	}
}
