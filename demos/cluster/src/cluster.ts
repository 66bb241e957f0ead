import { Subscription } from 'rxjs';
import { integer, readArgs, run } from './args';
import { Cluster, MAX_WORKERS } from './cluster/Cluster';

const HELP = `npm run cluster -- [--workers 4] [--port 7000]

HAProxy, nats-server and some workers on this machine. Each member that joins is a line: its name, its address, its worker.
r and Enter restarts the workers, one after the other; Ctrl+C ends everything.`;

async function main(): Promise<void> {
  const values = readArgs({ workers: { type: 'string' }, port: { type: 'string' } });
  const workers = integer(values, 'workers', 4, 1, MAX_WORKERS);
  const cluster = await Cluster.start({ workers, port: integer(values, 'port', 7000, 1, 65_535) });
  const shown = new Subscription();
  const served = new Map(cluster.names.map((name) => [name, 0]));
  shown.add(
    cluster.news$.subscribe((news) => {
      if ('member' in news) {
        served.set(news.worker, (served.get(news.worker) ?? 0) + 1);
        const counts = Array.from(served, ([name, count]) => `${name} ${count}`).join(', ');
        console.log(`${news.worker} serves ${news.member} at ${news.address} (joined so far: ${counts})`);
      } else if ('failure' in news && !news.probe) console.log(`${news.worker}: ${news.failure}`);
      else if ('port' in news) console.log(`${news.worker} listens on port ${news.port}`);
    }),
  );
  for (const [name, pid] of cluster.processes) console.log(`${name} runs, process ${pid}`);
  console.log(`Members join at 127.0.0.1:${cluster.port}: nc 127.0.0.1 ${cluster.port}`);

  process.stdin.on('data', (chunk) => {
    if (`${chunk}`.trim() !== 'r') return;
    void cluster
      .restartAll((name) => console.log(`${name} restarts`))
      .then(() => console.log('All workers have restarted'), console.error);
  });
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  process.stdin.destroy();
  shown.unsubscribe();
  await cluster.close();
}

void run(main, HELP);
