/** A self-signed P-256 certificate, valid for a hundred years. */
export const certificate = `-----BEGIN CERTIFICATE-----
MIIBjjCCATOgAwIBAgIUdDHCb/ntTvB3qj5Jcod6ck5CYJQwCgYIKoZIzj0EAwIw
GzEZMBcGA1UEAwwQaWRwLmFjbWUuZXhhbXBsZTAgFw0yNjExMjEyMjUxNDZaGA8y
MTI2MTAyODIyNTE0NlowGzEZMBcGA1UEAwwQaWRwLmFjbWUuZXhhbXBsZTBZMBMG
ByqGSM49AgEGCCqGSM49AwEHA0IABODS7kDBRYqsy7CATcf2pWclhQcW/MqsDUJ+
tpCLQ/e5WHb7aCzrofoKcBYzr2nQfb44dbNF2UadwBb0GybPloOjUzBRMB0GA1Ud
DgQWBBTRJ+eZ2KgkPmX5PjeP3dPbVJh6lzAfBgNVHSMEGDAWgBTRJ+eZ2KgkPmX5
PjeP3dPbVJh6lzAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0kAMEYCIQCe
WXEfgfWsp0geqrE74pMLkTdRvZN5bMwQqWfYfieU6wIhAMAoh8RkspPng+Om6baN
NEiKBxwO5FEHb7c3CV2y784Q
-----END CERTIFICATE-----`;

/** The certificate as base64 of its DER, as in the metadata of identity providers. */
export const certificateBase64 = certificate
  .split("\n")
  .filter((line) => !line.startsWith("-----"))
  .join("");

/** Creates a private key as PEM. */
export async function createPrivateKey(): Promise<string> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  const pair = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  if (!("privateKey" in pair)) throw new Error("a pair was asked for");
  const bytes = new Uint8Array((await crypto.subtle.exportKey("pkcs8", pair.privateKey)) as ArrayBuffer);
  return `-----BEGIN PRIVATE KEY-----\n${bytes.toBase64()}\n-----END PRIVATE KEY-----`;
}
