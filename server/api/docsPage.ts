import { html, type Html } from "./html.ts";
import type { OpenApiDocument, Operation, Parameter } from "./openapi.ts";
import { problemCodes } from "./problemCodes.ts";
import type { Schema } from "./schema.ts";

interface Entry {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

/** The reference as one page of plain HTML: no script, no inline style. */
export function docsPage({ info, paths, components }: OpenApiDocument): string {
  const groups = groupByTag(paths);
  const schemas = Object.entries(components?.schemas ?? {});
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${info.title} API</title>
        <link rel="stylesheet" href="/api/docs.css" />
      </head>
      <body>
        <nav aria-label="Areas">
          <a href="/">Editor</a>
          ${groups.map(([tag]) => html`<a href="#area-${tag}">${tag}</a>`)}
          <a href="#schemas">Schemas</a>
          <a href="#errors">Errors</a>
        </nav>
        <main>
          <h1>${info.title} API</h1>
          <p>${withCode(info.description ?? "")}</p>
          <p>Version ${info.version}. For programs: <a href="/api/v1/openapi.json">openapi.json</a>.</p>
          ${groups.map(([tag, entries]) => areaSection(tag, entries))}
          <section id="schemas">
            <h2>Schemas</h2>
            ${schemas.map(([name, schema]) => schemaSection(name, schema))}
          </section>
          ${errorSection()}
        </main>
      </body>
    </html>`.html;
}

function groupByTag(paths: OpenApiDocument["paths"]): readonly (readonly [string, readonly Entry[]])[] {
  const groups = new Map<string, Entry[]>();
  for (const [path, operations] of Object.entries(paths))
    for (const [method, operation] of Object.entries(operations)) {
      const tag = operation.tags?.[0] ?? "hub";
      groups.set(tag, [...(groups.get(tag) ?? []), { method: method.toUpperCase(), path, operation }]);
    }
  return [...groups];
}

function areaSection(tag: string, entries: readonly Entry[]): Html {
  return html`<section id="area-${tag}">
    <h2>${tag}</h2>
    ${entries.map(operationArticle)}
  </section>`;
}

function operationArticle({ method, path, operation }: Entry): Html {
  const body = Object.values(operation.requestBody?.content ?? {})[0]?.schema;
  const scope = operation.security?.flatMap((one) => one["token"] ?? [])[0];
  return html`<article>
    <h3><span class="method">${method}</span> <code>${path}</code></h3>
    <p>${operation.summary}</p>
    ${operation.description === undefined || operation.description === "" ? "" : html`<p>${withCode(operation.description)}</p>`}
    <p class="scope">${scope === undefined ? "Open to everybody." : html`Scope <code>${scope}</code>`}</p>
    ${parametersTable(operation.parameters ?? [])}
    ${
      body === undefined
        ? ""
        : html`<h4>Body</h4>
            ${schemaTable(body)}`
    }
    <h4>Answers</h4>
    <ul>
      ${Object.entries(operation.responses ?? {}).map(([status, { description, content = {} }]) => {
        const [media] = Object.entries(content);
        return html`<li>
          <code>${status}</code> ${description}
          ${media === undefined ? "" : answerOf(media[0], media[1].schema)}
        </li>`;
      })}
    </ul>
  </article>`;
}

function answerOf(media: string, schema: Schema = {}): Html {
  const isPlain = schema.properties === undefined;
  return html`<code>${media}</code> ${isPlain ? typeOf(schema) : schemaTable(schema)}`;
}

function parametersTable(parameters: readonly Parameter[]): Html {
  if (parameters.length === 0) return html``;
  const rows = parameters.map(({ name, in: place, required, description, schema = {} }) =>
    row(name, required === true, {
      ...schema,
      description: [`In the ${place}.`, description].filter(Boolean).join(" "),
    }),
  );
  return html`<h4>Parameters</h4>
    <table>
      ${rows}
    </table>`;
}

function schemaSection(name: string, schema: Schema): Html {
  return html`<article id="schema-${name}">
    <h3>${name}</h3>
    ${schemaTable(schema)}
  </article>`;
}

function schemaTable(schema: Schema): Html {
  const intro = schema.description === undefined ? "" : html`<p>${withCode(schema.description)}</p>`;
  const { properties, required = [] } = schema;
  if (properties === undefined)
    return html`${intro}
      <p>${typeOf(schema)}</p>`;
  return html`${intro}
    <table>
      ${Object.entries(properties).map(([name, property]) => row(name, required.includes(name), property))}
    </table>`;
}

function row(name: string, isRequired: boolean, schema: Schema): Html {
  return html`<tr>
    <th scope="row"><code>${name}</code></th>
    <td>${typeOf(schema)}${isRequired ? "" : ", optional"}</td>
    <td>${withCode(schema.description ?? "")}</td>
  </tr>`;
}

function typeOf(schema: Schema): Html {
  const name = schema.$ref?.slice(schema.$ref.lastIndexOf("/") + 1);
  if (name !== undefined) return html`<a href="#schema-${name}">${name}</a>`;
  if (schema.enum !== undefined) return html`${schema.enum.map(String).join(" | ")}`;
  if (schema.const !== undefined) return html`${String(schema.const)}`;
  if (schema.anyOf !== undefined)
    return html`${schema.anyOf.map((one, index) => html`${index > 0 ? " or " : ""}${typeOf(one)}`)}`;
  if (schema.items !== undefined) return html`list of ${typeOf(schema.items)}`;
  return html`${[schema.type ?? "any"].flat().join(" or ")}`;
}

function errorSection(): Html {
  return html`<section id="errors">
    <h2>Errors</h2>
    <table>
      ${Object.entries(problemCodes).map(
        ([code, { status, meaning }]) =>
          html`<tr id="${code}">
            <th scope="row"><code>${code}</code></th>
            <td>${status}</td>
            <td>${withCode(meaning)}</td>
          </tr>`,
      )}
    </table>
  </section>`;
}

/** Our descriptions mark code with backticks. */
function withCode(text: string): Html {
  return html`${text.split("`").map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : part))}`;
}
