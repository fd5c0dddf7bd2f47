import { fastifyCookie } from "@fastify/cookie";
import type { FastifyReply, FastifyRequest } from "fastify";
import { cookieName } from "./guard.ts";
import type { NewSession } from "./parts.ts";

interface Exchange {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** Hands the browser its session. */
export function giveSession({ request, reply }: Exchange, session: NewSession, nowMs: number): void {
  const maxAge = Math.max(0, Math.floor((session.expiresAt - nowMs) / 1_000));
  setCookie({ request, reply }, session.secret, maxAge);
}

/** Takes the session away. */
export function dropSession(exchange: Exchange): void {
  setCookie(exchange, "", 0);
}

function setCookie({ request, reply }: Exchange, value: string, maxAge: number): void {
  const isSecure = request.protocol === "https";
  const cookie = fastifyCookie.serialize(cookieName(isSecure), value, {
    httpOnly: true,
    sameSite: "strict",
    path: "/",
    secure: isSecure,
    maxAge,
  });
  reply.header("set-cookie", cookie);
}
