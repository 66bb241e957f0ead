"""Python's asyncio streams, as a contender: asyncioStreams.py lines | text | frames | echo"""

import asyncio
import json
import os
import struct
import sys
import time

CHANNEL = int(os.environ["NODE_CHANNEL_FD"])


def tell(**message):
    os.write(CHANNEL, (json.dumps(message) + "\n").encode())


async def lines(reader, writer):
    frames = length = 0
    while line := await reader.readline():
        frames += 1
        length += len(line)
    return frames, length


async def text(reader, writer):
    frames = length = 0
    while line := await reader.readline():
        frames += 1
        length += len(line.decode())
    return frames, length


async def frames(reader, writer):
    frames = length = 0
    try:
        while True:
            (size,) = struct.unpack(">I", await reader.readexactly(4))
            frame = await reader.readexactly(size)
            frames += 1
            length += len(frame)
    except asyncio.IncompleteReadError:
        return frames, length


async def echo(reader, writer):
    frames = length = 0
    while line := await reader.readline():
        frames += 1
        length += len(line)
        writer.write(line)
        await writer.drain()
    return frames, length


def end_with_bench():
    if not os.read(CHANNEL, 4096):
        os._exit(0)


async def main(handle):
    asyncio.get_running_loop().add_reader(CHANNEL, end_with_bench)

    async def serve(reader, writer):
        cpu, started = time.process_time(), time.perf_counter()
        frames, length = await handle(reader, writer)
        seconds = time.perf_counter() - started
        tell(type="served", frames=frames, length=length, seconds=seconds, cpu=time.process_time() - cpu)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    tell(type="listening", port=server.sockets[0].getsockname()[1])
    await server.serve_forever()


asyncio.run(main({"lines": lines, "text": text, "frames": frames, "echo": echo}[sys.argv[1]]))
