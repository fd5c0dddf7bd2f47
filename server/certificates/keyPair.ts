import { createPrivateKey, X509Certificate, type KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";
import { CertificateError } from "./certificateError.ts";

/** Where a certificate, its key, and the authorities of client certificates are. */
export interface PairFiles {
  readonly certFile: string;
  readonly keyFile: string;
  readonly caFile?: string | undefined;
}

/** A certificate with its chain and the key that fits it, as PEM. */
export interface Pair {
  readonly cert: string;
  readonly key: string;
  readonly ca: string | undefined;
  readonly leaf: X509Certificate;
}

/** Reads a pair and checks that it can be served; throws a CertificateError that names the file. */
export function readPair({ certFile, keyFile, caFile }: PairFiles): Pair {
  const [cert, key] = [readText(certFile), readText(keyFile)];
  const ca = caFile === undefined ? undefined : readText(caFile);
  const leaf = parsed(certFile, "certificate", () => new X509Certificate(cert));
  const privateKey: KeyObject = parsed(keyFile, "private key", () => createPrivateKey(key));
  if (!leaf.checkPrivateKey(privateKey))
    throw new CertificateError(`The key in ${keyFile} does not belong to the certificate in ${certFile}.`);
  if (ca !== undefined)
    for (const one of splitPem(ca)) parsed(caFile, "certificate", () => new X509Certificate(one));
  if (ca !== undefined && splitPem(ca).length === 0)
    throw new CertificateError(`${caFile} holds no certificate in PEM format.`);
  // OpenSSL has the last word, for instance about keys that are too short.
  parsed(certFile, "certificate that TLS accepts", () => createSecureContext({ cert, key, ca }));
  return { cert, key, ca, leaf };
}

/** The certificates of a PEM text, one by one. */
export function splitPem(text: string): string[] {
  return text.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const reason = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw new CertificateError(`${path} cannot be read (${reason}).`, { cause: error });
  }
}

function parsed<Value>(path: string | undefined, what: string, parse: () => Value): Value {
  try {
    return parse();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CertificateError(`${path} holds no ${what} in PEM format: ${reason}.`, { cause: error });
  }
}
