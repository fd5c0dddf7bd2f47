import { quoted } from "#flows/problem.ts";
import type { Severity } from "#flows/node.ts";
import { defineChannel } from "../channelKind.ts";
import { problemAt } from "../readConfig.ts";
import { mailOutcome } from "./mailOutcome.ts";

const RECIPIENTS_MAX = 50;
const SETUP_TIMEOUT_MS = 10_000;
const SILENCE_TIMEOUT_MS = 20_000;

const PRIORITIES: Readonly<Record<Severity, "low" | "normal" | "high">> = {
  info: "normal",
  warning: "normal",
  minor: "normal",
  major: "high",
  critical: "high",
};

/** Sends notices by e-mail. */
export const email = defineChannel({
  kind: "email",
  title: "E-mail",
  summary: "Sends each notice through a mail server.",
  fields: {
    host: { type: "text", label: "Mail server", help: "Such as smtp.example.org." },
    port: { type: "number", label: "Port", default: 587, minimum: 1, maximum: 65_535 },
    security: {
      type: "choice",
      label: "Encryption",
      help: "STARTTLS for port 587, TLS for port 465.",
      default: "starttls",
      options: [
        { value: "starttls", title: "STARTTLS" },
        { value: "tls", title: "TLS" },
        { value: "none", title: "None (only inside your own network)" },
      ],
    },
    user: { type: "text", label: "User name", help: "Empty when the server asks for none.", optional: true },
    password: { type: "secret", label: "Password", optional: true },
    from: { type: "text", label: "From", help: "Such as hub@example.org." },
    to: { type: "text", label: "To", help: "One address, or several with commas between them." },
  },
  hostOf: ({ host, port }) => `${host}:${port}`,
  check({ host, from, to, security, user }) {
    const problems = [];
    if (/[\s/@]/.test(host)) problems.push(problemAt("host", `${quoted(host)} is no host name.`));
    if (from !== "" && !isAddress(from))
      problems.push(problemAt("from", `${quoted(from)} is no e-mail address.`));
    const recipients = addressesIn(to);
    for (const address of recipients)
      if (!isAddress(address)) problems.push(problemAt("to", `${quoted(address)} is no e-mail address.`));
    if (recipients.length > RECIPIENTS_MAX)
      problems.push(
        problemAt("to", `${recipients.length} recipients are too many; at most ${RECIPIENTS_MAX}.`),
      );
    if (security === "none" && user !== "")
      problems.push(problemAt("security", "A password must not travel unencrypted: choose STARTTLS or TLS."));
    return problems;
  },
  deliver(notice, { config, secrets, connect, signal }) {
    const { host, port, security, user, from, to } = config;
    const title = notice.title.replace(/\s+/g, " ").trim();
    return mailOutcome(host, async () => {
      // Loaded when the first mail leaves: most hubs send none, and it takes 14 MB.
      const { createTransport } = await import("nodemailer");
      const connection = await connect.openSocket({ host, port, tls: false, signal });
      const transport = createTransport({
        host,
        port,
        secure: security === "tls",
        requireTLS: security === "starttls",
        ignoreTLS: security === "none",
        ...(user !== "" && { auth: { user, pass: secrets.password } }),
        // Left alone, nodemailer resolves and connects by itself; it gets a socket whose address was judged instead.
        // TLS is still nodemailer's: it checks the certificate against `host`.
        getSocket: (_options, done) => done(null, { connection }),
        greetingTimeout: SETUP_TIMEOUT_MS,
        socketTimeout: SILENCE_TIMEOUT_MS,
        socketCloseTimeout: 0,
        disableFileAccess: true,
        disableUrlAccess: true,
      });
      await transport.sendMail({
        from,
        to: addressesIn(to),
        subject: title === "" ? "Notice" : title,
        text: notice.text,
        date: new Date(notice.at),
        // The same for every attempt, so that a mail sent twice is one mail.
        messageId: `<${notice.id.replace(/[^\w.-]/g, "-")}@millrace.invalid>`,
        priority: PRIORITIES[notice.severity],
        headers: { "Auto-Submitted": "auto-generated" },
        signal,
      });
    });
  },
});

function addressesIn(list: string): string[] {
  return list
    .split(/[,;]/)
    .map((address) => address.trim())
    .filter((address) => address !== "");
}

/** No more than a guard against mistakes: the mail server has the last word. */
function isAddress(text: string): boolean {
  return /^[^\s@<>"]+@[^\s@<>"]+$/.test(text) || /^[^<>"\r\n]*<[^\s@<>"]+@[^\s@<>"]+>$/.test(text);
}
