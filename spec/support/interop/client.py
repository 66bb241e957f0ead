"""An asyncio client: sends lines, half-closes, and prints what comes back. Arguments: kind, address, certificate."""
import asyncio
import hashlib
import ssl
import sys

kind, address, certificate = sys.argv[1:4]


async def main():
    if kind == 'unix':
        reader, writer = await asyncio.open_unix_connection(address)
    else:
        context = ssl.create_default_context(cafile=certificate) if kind == 'tls' else None
        reader, writer = await asyncio.open_connection('127.0.0.1', int(address), ssl=context)
    writer.write(b'hello from python\n')
    await writer.drain()
    print((await reader.readline()).decode().strip())
    print((await reader.readexactly(5)).decode())
    print((await reader.readuntil(b';')).decode())
    # Both ways at once, more than the buffers hold.
    big = bytes(range(256)) * 4096 * 4
    writer.write(len(big).to_bytes(4, 'big') + big)
    back = await reader.readexactly(len(big))
    print('same' if back == big else 'different', hashlib.sha256(back).hexdigest()[:8])
    if writer.can_write_eof():
        writer.write_eof()
    else:
        writer.write(b'no eof\n')
    print((await reader.read(-1)).decode())
    writer.close()
    await writer.wait_closed()


asyncio.run(asyncio.wait_for(main(), 20))
