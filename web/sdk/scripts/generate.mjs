/**
 * Writes `src/generated/` from the server's OpenAPI document: the shapes of the user API and its procedures
 * (`contract.ts`), and its limits (`limits.ts`).
 *
 * A generator of our own, because it has to know seven constructs of JSON Schema and one rule of this API (every
 * procedure has one input and one output), and needs nothing to do so.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const DOCUMENT = new URL('../../../crates/server/tests/snapshots/openapi.json', import.meta.url);
const TARGET = new URL('../src/generated/contract.ts', import.meta.url);
const LIMITS_TARGET = new URL('../src/generated/limits.ts', import.meta.url);
const HEAD = '// Made by `npm run generate` from the OpenAPI document of the server. Do not edit.\n';

const reference = schema => schema.$ref?.split('/').pop();

function type(schema, used) {
  // Any JSON.
  if (schema === true) return 'unknown';
  const name = reference(schema);
  if (name) {
    used.add(name);
    return name;
  }
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map(value => JSON.stringify(value)).join(' | ');
  const several = schema.oneOf ?? schema.anyOf;
  if (several) return several.map(one => type(one, used)).join(' | ');
  if (schema.type === 'array') return `readonly (${type(schema.items, used)})[]`;
  if (schema.type === 'object' && schema.additionalProperties) {
    return `{ readonly [key: string]: ${type(schema.additionalProperties, used)} }`;
  }
  if (schema.type === 'object') return fields(schema, used);
  if (Array.isArray(schema.type)) {
    return schema.type
      .map(one => (one === 'null' ? 'null' : type({ ...schema, type: one }, used)))
      .join(' | ');
  }
  const plain = { integer: 'number', number: 'number', string: 'string', boolean: 'boolean' }[schema.type];
  if (!plain) throw new Error(`No type is known for ${JSON.stringify(schema)}: teach scripts/generate.mjs.`);
  return plain;
}

const comment = (text, indent = '') => (text ? `${indent}/** ${text.replaceAll('*/', '*\\/')} */\n` : '');

function fields({ properties = {}, required = [] }, used) {
  const lines = Object.entries(properties).map(([name, schema]) => {
    const optional = required.includes(name) ? '' : '?';
    return `${comment(schema.description, '  ')}  readonly ${name}${optional}: ${type(schema, used)};\n`;
  });
  return `{\n${lines.join('')}}`;
}

/** The input of an operation: its body, or its query parameters as one object. */
function input(operation, used) {
  const body = operation.requestBody?.content['application/json'].schema;
  if (body) return type(body, used);
  const parameters = (operation.parameters ?? []).filter(parameter => parameter.in === 'query');
  const properties = Object.fromEntries(
    parameters.map(({ name, schema, description }) => [name, { ...schema, description }]),
  );
  const required = parameters.filter(parameter => parameter.required).map(parameter => parameter.name);
  return fields({ properties, required }, used);
}

/** A field's name as TypeScript writes it. */
const key = name => (/^\w+$/.test(name) ? name : `'${name}'`);

function procedures(document, used) {
  const found = [];
  for (const [path, methods] of Object.entries(document.paths)) {
    if (!/^\/(messages|calls)\//.test(path)) continue;
    for (const [method, operation] of Object.entries(methods)) {
      const output = operation.responses['200'].content['application/json'].schema;
      const parts = [
        `method: '${method.toUpperCase()}'; path: '${path}'`,
        `input: ${input(operation, used)}`,
        `output: ${type(output, used)}`,
      ];
      found.push(`${comment(operation.summary)}${key(operation.operationId)}: { ${parts.join('; ')} };\n`);
    }
  }
  return `/** Every procedure of the user API. */\nexport interface Procedures {\n${found.join('')}}\n`;
}

/** The text of `src/generated/contract.ts` for a document. */
export function generate(document) {
  const used = new Set(['Problem', 'Code']);
  const api = procedures(document, used);
  const declared = new Map();
  for (const name of used) {
    // `used` grows while it is walked: whatever a shape names is declared too.
    const schema = document.components.schemas[name];
    if (!schema) throw new Error(`The document names ${name} and does not describe it.`);
    const shape = schema.type === 'object' && !schema.additionalProperties;
    const body = type(schema, used);
    const declaration = shape ? `export interface ${name} ${body}\n` : `export type ${name} = ${body};\n`;
    declared.set(name, `${comment(schema.description)}${declaration}`);
  }
  const sorted = [...declared].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, text]) => text);
  return `${HEAD}\n${sorted.join('\n')}\n${api}`;
}

/** The limits that clients check themselves: name, shape, field, keyword of JSON Schema, and what it is. */
const LIMITS = [
  ['CONTENT_CHARACTERS', 'SendMessage', 'content', 'maxLength', 'Unicode scalar values in a message.'],
  ['CLIENT_ID_BYTES', 'SendMessage', 'clientId', 'maxLength', 'Bytes in a `clientId`.'],
  ['FILE_BYTES', 'UploadFile', 'fileSize', 'maximum', 'Bytes in a file.'],
  [
    'FILE_NAME_BYTES',
    'UploadFile',
    'fileName',
    'x-kept-bytes',
    'Bytes in the name of a file: longer ones are shortened.',
  ],
  ['FILE_TYPES', 'UploadFile', 'contentType', 'enum', 'Media types that files may have.'],
];
/** Those that the document may leave out: then there is no such constant. */
const OPTIONAL = ['FILE_NAME_BYTES', 'FILE_TYPES'];

/** The text of `src/generated/limits.ts` for a document. */
export function generateLimits(document) {
  const lines = LIMITS.flatMap(([constant, shape, field, keyword, text]) => {
    const value = document.components.schemas[shape]?.properties?.[field]?.[keyword];
    if (value === undefined && OPTIONAL.includes(constant)) return [];
    if (value === undefined) throw new Error(`The document has no ${keyword} for ${shape}.${field}.`);
    const list = Array.isArray(value);
    const literal = list ? `[${value.map(one => `'${one}'`).join(', ')}] as const` : value;
    return [`${comment(text)}export const ${constant} = ${literal};\n`];
  });
  return `${HEAD}\n${lines.join('')}`;
}

export const read = () => JSON.parse(readFileSync(DOCUMENT, 'utf8'));
export const written = () => readFileSync(TARGET, 'utf8');
export const writtenLimits = () => readFileSync(LIMITS_TARGET, 'utf8');

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(TARGET, generate(read()));
  writeFileSync(LIMITS_TARGET, generateLimits(read()));
}
