import { rawServer } from './rawServer';

/** A port without a listener. */
export async function deadPort(): Promise<number> {
  const { port, close } = await rawServer();
  await close();
  return port;
}
