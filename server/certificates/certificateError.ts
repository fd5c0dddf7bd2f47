/** A certificate or key that cannot be used, in a sentence that names the file. */
export class CertificateError extends Error {
  override readonly name = "CertificateError";
  readonly code = "certificate.unusable";
}
