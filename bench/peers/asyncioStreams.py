"""Python's asyncio streams, as a contender: asyncioStreams.py lines | text | frames | echo | idle FIRST CONNECTIONS"""

import asyncio
import gc
import json
import os
import struct
import subprocess
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


def counted(handle):
    async def serve(reader, writer):
        cpu, started = time.process_time(), time.perf_counter()
        frames, length = await handle(reader, writer)
        seconds = time.perf_counter() - started
        tell(type="served", frames=frames, length=length, seconds=seconds, cpu=time.process_time() - cpu)
        writer.close()

    return serve


def resident():
    """In bytes, of this process, without garbage."""
    gc.collect()
    try:
        with open("/proc/self/statm") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except FileNotFoundError:
        return int(subprocess.check_output(["ps", "-o", "rss=", "-p", str(os.getpid())])) * 1024


def idle(first, connections):
    """Echoes lines; tells what a connection takes, once so many have come after the first."""
    accepted = before = 0

    def tell_filled():
        tell(type="filled", resident=(resident() - before) / connections)

    async def serve(reader, writer):
        nonlocal accepted, before
        accepted += 1
        if accepted == first:
            before = resident()
        if accepted == first + connections:
            # What was begun is finished first.
            asyncio.get_running_loop().call_later(0.5, tell_filled)
        while line := await reader.readline():
            writer.write(line)
            await writer.drain()
        writer.close()

    return serve


async def main(serve):
    asyncio.get_running_loop().add_reader(CHANNEL, end_with_bench)
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    tell(type="listening", port=server.sockets[0].getsockname()[1])
    await server.serve_forever()


name, *counts = sys.argv[1:]
if name == "idle":
    asyncio.run(main(idle(*map(int, counts))))
else:
    asyncio.run(main(counted({"lines": lines, "text": text, "frames": frames, "echo": echo}[name])))
