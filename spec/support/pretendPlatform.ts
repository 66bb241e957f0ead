/** Makes the library believe that it runs on this system. Returns a function that undoes it. */
export function pretendPlatform(platform: NodeJS.Platform): () => void {
  const actual = Object.getOwnPropertyDescriptor(process, 'platform')!;
  Object.defineProperty(process, 'platform', { ...actual, value: platform });
  return () => void Object.defineProperty(process, 'platform', actual);
}
