/** What `rxjs-tcp wiretap --help` prints: at most 80 columns. */
export const usage = `Usage: rxjs-tcp wiretap --listen ADDRESS --to ADDRESS [options]
       rxjs-tcp wiretap --replay FILE [--listen ADDRESS] [options]

Goes between two programs that talk over TCP, forwards every byte, and shows
the conversation as marble diagrams: live in a terminal, else as text.

ADDRESS is a port, host:port, [IPv6]:port, or the path of a Unix socket.

Where
  --listen ADDRESS     where clients connect; 0 chooses a free port
  --host HOST          the address to listen on; default 127.0.0.1
  --to ADDRESS         the target: the program that clients want to talk to
  --tls                speak TLS to the target, and verify its certificate
  --tls-ca FILE        ... against this authority (PEM)
  --tls-name NAME      ... for this name, instead of the host of --to
  --tls-insecure       ... without verifying it
  --cert FILE          accept TLS, with this certificate (PEM)
  --key FILE           ... and its key (PEM)

What to show
  --print FORMAT       print marbles, text, hex, jsonl or pcapng
                       default: live on a terminal, marbles elsewhere
  --frames FRAMES      cut the bytes into frames: lines, redis, length:1,
                       length:2, length:4, or a module: ./decoder.mjs
  --side SIDE          whose view: client (default) or server; a copied test
                       has a script for the other one
  --redact PATTERN     hide what the pattern matches, or its groups if it has
                       any; may be given several times
  --ui                 show it in a browser page
  --ui-port PORT       ... on this port; default: a free one
  --max-bytes BYTES    how much each connection keeps, as in 64k or 8M;
                       default 1M, and at most 256k beyond 64 open ones

Files
  --save FILE          write all events as JSON lines, as they come
  --replay FILE        print a saved log; with --listen, play its server to
                       the clients that connect, and compare what they send

  --help, --version

Exit codes: 0 ended by Ctrl-C, or the saved log is printed; 1 it cannot listen,
read or write; 2 wrong options; 3 a client of --replay sent something else;
130 ended at once by a second Ctrl-C.
`;
