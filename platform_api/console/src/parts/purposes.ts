/** Whether a purpose is that one or beneath it. */
export function isWithin(purpose: string, one: string): boolean {
  return purpose === one || purpose.startsWith(`${one}/`);
}
