"""An asyncio server for one client, which echoes lines in upper case, then its end. Arguments: kind, path, certificate, key."""
import asyncio
import ssl
import sys

kind, path, certificate, key = sys.argv[1:5]


async def main():
    done = asyncio.Event()

    async def serve(reader, writer):
        writer.write(b'hello from python\n')
        while line := await reader.readline():
            if line == b'big\n':
                writer.write(b'x' * (4 * 1024 * 1024))
            elif line == b'reset\n':
                writer.transport.abort()
                break
            elif line == b'close\n':
                break
            else:
                writer.write(line.upper())
            await writer.drain()
        if not writer.transport.is_closing():
            writer.write(b'bye')
            writer.close()
        try:
            await writer.wait_closed()
        except OSError:
            pass
        done.set()

    if kind == 'unix':
        server = await asyncio.start_unix_server(serve, path)
        print(path, flush=True)
    else:
        context = None
        if kind == 'tls':
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(certificate, key)
        server = await asyncio.start_server(serve, '127.0.0.1', 0, ssl=context)
        print(server.sockets[0].getsockname()[1], flush=True)
    await done.wait()
    server.close()


asyncio.run(asyncio.wait_for(main(), 20))
