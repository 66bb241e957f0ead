/** Lets the library take this system for another one. Returns the end of that. */
export function pretendPlatform(platform: NodeJS.Platform): () => void {
  const actual = Object.getOwnPropertyDescriptor(process, 'platform')!;
  Object.defineProperty(process, 'platform', { ...actual, value: platform });
  return () => void Object.defineProperty(process, 'platform', actual);
}
