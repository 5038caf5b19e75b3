// Finds the rules of a source file that can be taken out: each mutant is the file with one small change, made by one of the operators below.
import { parseSync } from '@swc/core';

export type Mutant = {
  /** The operator that made it. */
  operator: Operator;
  /** The line of the change; the first is 1. */
  line: number;
  /** The text that the change takes away, and the text in its place. */
  before: string;
  after: string;
  /** The whole file with the change. */
  source: string;
};

export type Operator =
  | 'skip the branch'
  | 'always take the branch'
  | 'swap the branches'
  | 'drop a part of the condition'
  | 'move the bound'
  | 'swap equal and unequal'
  | 'drop the call'
  | 'return undefined'
  | 'return the opposite'
  | 'drop the property'
  | 'drop the filter';

type Span = { start: number; end: number };
type SyntaxNode = { type: string; span?: Span } & Record<string, unknown>;
type Change = Span & { operator: Operator; text: string };
type Context = { textOf: (span: Span) => string };

const MOVED_BOUNDS: Record<string, string> = { '<': '<=', '<=': '<', '>': '>=', '>=': '>' };
const SWAPPED: Record<string, string> = { '===': '!==', '!==': '===' };

/** The operators, by the kind of syntax node that they change. */
const OPERATORS: Record<string, (node: SyntaxNode, context: Context) => Change[]> = {
  IfStatement({ test }) {
    const span = spanOf(test);
    return [
      { ...span, operator: 'skip the branch', text: 'false' },
      { ...span, operator: 'always take the branch', text: 'true' },
    ];
  },

  ConditionalExpression({ test }, { textOf }) {
    const span = spanOf(test);
    return [{ ...span, operator: 'swap the branches', text: `!(${textOf(span)})` }];
  },

  BinaryExpression(node, { textOf }) {
    const [whole, left, right] = [spanOf(node), spanOf(node.left), spanOf(node.right)];
    const operator = String(node.operator);
    if (operator === '&&' || operator === '||')
      return [left, right].map((kept) => ({ ...whole, operator: 'drop a part of the condition', text: textOf(kept) }));
    const [moved, swapped] = [MOVED_BOUNDS[operator], SWAPPED[operator]];
    const between = { start: left.end, end: right.start };
    const change = (text: string): string => textOf(whole).replace(textOf(between), textOf(between).replace(operator, text));
    if (moved !== undefined) return [{ ...whole, operator: 'move the bound', text: change(moved) }];
    return swapped === undefined ? [] : [{ ...whole, operator: 'swap equal and unequal', text: change(swapped) }];
  },

  ExpressionStatement(node) {
    return isCall(node.expression as SyntaxNode) ? [{ ...spanOf(node), operator: 'drop the call', text: ';' }] : [];
  },

  ReturnStatement(node, { textOf }) {
    const argument = node.argument as SyntaxNode | null;
    const text = argument ? textOf(spanOf(argument)) : 'undefined';
    if (!argument || text === 'undefined') return [];
    // In the place of `false`, `undefined` would mostly mean the same.
    const opposite = { true: 'false', false: 'true' }[text];
    return [
      opposite === undefined
        ? { ...spanOf(argument), operator: 'return undefined', text: 'undefined' }
        : { ...spanOf(argument), operator: 'return the opposite', text: opposite },
    ];
  },

  // Literals without a spread are mostly values that the compiler checks; one with a spread says what is written.
  ObjectExpression(node, { textOf }) {
    const properties = node.properties as SyntaxNode[];
    if (!properties.some(({ type }) => type === 'SpreadElement')) return [];
    const end = spanOf(node).end - 1;
    return properties.map((property, index): Change => {
      const { start } = rangeOf(property);
      const next = properties[index + 1];
      // Up to the next property, with the comma between them.
      const stop = next ? rangeOf(next).start : start + textOf({ start, end }).trimEnd().length;
      return { start, end: stop, operator: 'drop the property', text: '' };
    });
  },

  CallExpression(node) {
    const callee = node.callee as SyntaxNode;
    const property = callee.property as SyntaxNode | undefined;
    if (callee.type !== 'MemberExpression' || property?.value !== 'filter') return [];
    return [{ start: spanOf(callee.object).end, end: spanOf(node).end, operator: 'drop the filter', text: '' }];
  },
};

/**
 * Finds all mutants of a TypeScript file, in the order of their places.
 * @throws where the file is not valid TypeScript
 */
export function findMutants(source: string): Mutant[] {
  // Spans count bytes from the first statement's beginning; an empty statement in front makes that the beginning of the file.
  const bytes = Buffer.from(`;${source}`);
  const program = parse(bytes.toString());
  const origin = program.body[0]?.span?.start ?? 0;
  const textOf = ({ start, end }: Span): string => bytes.subarray(start - origin, end - origin).toString();
  const end = origin + bytes.length;

  return changesIn(program, { textOf })
    .toSorted((one, other) => one.start - other.start || one.end - other.end)
    .map(({ operator, text, ...span }) => ({
      operator,
      line: textOf({ start: origin, end: span.start }).split('\n').length,
      before: textOf(span),
      after: text,
      source: textOf({ start: origin + 1, end: span.start }) + text + textOf({ start: span.end, end }),
    }))
    .filter((mutant) => isValid(mutant.source));
}

function parse(source: string): SyntaxNode & { body: SyntaxNode[] } {
  return parseSync(source, { syntax: 'typescript', target: 'es2024' }) as unknown as SyntaxNode & { body: SyntaxNode[] };
}

function isValid(source: string): boolean {
  try {
    parse(source);
    return true;
  } catch {
    return false;
  }
}

function changesIn(node: SyntaxNode, context: Context): Change[] {
  const own = OPERATORS[node.type]?.(node, context) ?? [];
  return [...own, ...childrenOf(node).flatMap((child) => changesIn(child, context))];
}

function childrenOf(value: object): SyntaxNode[] {
  return Object.values(value).flatMap((child: unknown) => {
    if (typeof child !== 'object' || child === null) return [];
    return 'type' in child && typeof child.type === 'string' ? [child as SyntaxNode] : childrenOf(child);
  });
}

function spanOf(node: unknown): Span {
  return (node as { span: Span }).span;
}

/** Returns the span of a property. Properties of a literal have none of their own. */
function rangeOf(node: SyntaxNode): Span {
  const spans: Span[] = [];
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    if ('start' in value && 'end' in value && typeof value.start === 'number' && typeof value.end === 'number')
      spans.push({ start: value.start, end: value.end });
    else Object.values(value).forEach(visit);
  };
  visit(node);
  return { start: Math.min(...spans.map(({ start }) => start)), end: Math.max(...spans.map(({ end }) => end)) };
}

function isCall({ type, argument }: SyntaxNode): boolean {
  if (type === 'AwaitExpression' || (type === 'UnaryExpression' && argument)) return isCall(argument as SyntaxNode);
  return type === 'CallExpression' || type === 'OptionalChainingExpression';
}
