/** Returns docs/openapi.json: the document that the service serves. */
export async function openApiDocument(): Promise<string> {
  // Imported at run time, because the Worker's types and Node's do not fit into one program.
  const { openApiText }: { openApiText: (publicUrl: string) => string } = await import(
    new URL("../../src/app.ts", import.meta.url).href
  );
  return `${JSON.stringify(JSON.parse(openApiText("https://accounts.example.com")), null, 2)}\n`;
}
