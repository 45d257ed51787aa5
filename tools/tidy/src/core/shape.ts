import type { Allowance } from './allowed.ts';
import type { Finding, Project, SourceFile, SyntaxNode } from './project.ts';
import { isGenerated, isTest, lineAt } from './project.ts';
import { isNode, walk } from './syntax.ts';

const CODE_NAME = /^[a-z0-9]+(-[a-z0-9]+)*(\.(test|d|fixture))?\.(ts|tsx|cjs|mjs)$/;
const VAGUE_NAME = /(^|[-./])(utils?|utilities|helpers?|misc|common|stuff)([-./]|$)/;

// Things that exist to be changed after they were made.
const CONTAINER = /(Map|Set|Queue|Cache|Pool|Emitter|Storage|Array)$/;

/** No module-level state, default export, `any`, enum or vague name, unless `allowed` says why. */
export function shapeIsPlain(project: Project, allowed: readonly Allowance[]): Finding[] {
  const used = new Set<Allowance>();
  const findings: Finding[] = [];
  for (const file of project.files.values()) {
    if (file.syntax === undefined || isGenerated(file.path)) continue;
    findings.push(...oddName(file));
    for (const oddity of odditiesIn(file, file.syntax)) {
      const reason = allowed.find(({ file, name }) => file === oddity.file && name === oddity.name);
      if (reason === undefined) findings.push(oddity);
      else used.add(reason);
    }
  }
  for (const entry of allowed.filter((each) => !used.has(each))) {
    findings.push({ file: entry.file, line: 0, says: `no longer needs allowance ${entry.name}` });
  }
  return findings;
}

function oddName(file: SourceFile): Finding[] {
  const base = file.path.slice(file.path.lastIndexOf('/') + 1);
  if (VAGUE_NAME.test(file.path)) {
    return [{ file: file.path, line: 0, says: 'is named for nothing: name it for what it holds' }];
  }
  if (CODE_NAME.test(base)) return [];
  return [{ file: file.path, line: 0, says: 'is not named in kebab-case' }];
}

type Oddity = Finding & { readonly name: string };

function odditiesIn(file: SourceFile, root: SyntaxNode): Oddity[] {
  const found: Oddity[] = [];
  const report = (node: SyntaxNode, name: string, says: string): void => {
    found.push({ file: file.path, line: lineAt(file.text, node.start), name, says });
  };
  walk(root, (node) => {
    const says = plainOddity(node);
    if (says !== undefined) report(node, node.type, says);
  });
  if (isTest(file.path) || file.path.endsWith('.d.ts')) return found;
  for (const { node, name } of moduleState(root)) {
    report(node, name, `${name} is state of the whole module: pass it, or make it read-only`);
  }
  return found;
}

function plainOddity(node: SyntaxNode): string | undefined {
  switch (node.type) {
    case 'ExportDefaultDeclaration':
      return 'default export: name it';
    case 'ExportSpecifier':
      return isNode(node.exported) && node.exported.name === 'default'
        ? 'default export: name it'
        : undefined;
    case 'TSAnyKeyword':
      return 'any: say what it is, or unknown';
    case 'TSEnumDeclaration':
      return 'enum: use a union of string literals';
    case 'TSParameterProperty':
      return 'parameter property: declare the field';
    default:
      return undefined;
  }
}

type State = { readonly node: SyntaxNode; readonly name: string };

function moduleState(root: SyntaxNode): State[] {
  const found: State[] = [];
  for (const statement of nodesIn(root.body)) {
    const declared = isNode(statement.declaration) ? statement.declaration : statement;
    if (declared.type === 'VariableDeclaration' && declared.declare !== true) {
      found.push(...mutableVariables(declared));
    }
    if (declared.type === 'ClassDeclaration') found.push(...mutableStatics(declared));
  }
  return found;
}

function mutableVariables(declaration: SyntaxNode): State[] {
  return nodesIn(declaration.declarations).flatMap((node) => {
    const { id, init } = node;
    if (!isNode(id)) return [];
    const name = typeof id.name === 'string' ? id.name : 'a pattern';
    const mutable = declaration.kind !== 'const' || (isContainer(init) && !isReadOnly(id, init));
    return mutable ? [{ node, name }] : [];
  });
}

function mutableStatics(declaration: SyntaxNode): State[] {
  const members = isNode(declaration.body) ? nodesIn(declaration.body.body) : [];
  return members.flatMap((node) => {
    if (node.type !== 'PropertyDefinition' || node.static !== true) return [];
    if (node.readonly === true && !isContainer(node.value)) return [];
    return [{ node, name: isNode(node.key) ? String(node.key.name) : 'a static' }];
  });
}

function isContainer(init: unknown): boolean {
  if (!isNode(init)) return false;
  if (/^TS(As|Satisfies|NonNull)/.test(init.type)) return isContainer(init.expression);
  if (init.type === 'ArrayExpression') return nodesIn(init.elements).length === 0;
  if (init.type === 'ObjectExpression') return nodesIn(init.properties).length === 0;
  if (init.type !== 'NewExpression' || !isNode(init.callee)) return false;
  return (
    CONTAINER.test(String(init.callee.name)) && !/^(Ui|I)nt|^Float/.test(`${init.callee.name}`)
  );
}

function isReadOnly(id: SyntaxNode, init: unknown): boolean {
  if (isNode(init) && isConstAssertion(init)) return true;
  const annotation = isNode(id.typeAnnotation) ? id.typeAnnotation.typeAnnotation : undefined;
  if (!isNode(annotation)) return false;
  if (annotation.type === 'TSTypeOperator') return annotation.operator === 'readonly';
  const { typeName } = annotation;
  return isNode(typeName) && /^Readonly/.test(String(typeName.name));
}

function isConstAssertion(init: SyntaxNode): boolean {
  const asserted = isNode(init.typeAnnotation) ? init.typeAnnotation.typeName : undefined;
  return init.type === 'TSAsExpression' && isNode(asserted) && asserted.name === 'const';
}

function nodesIn(value: unknown): SyntaxNode[] {
  return Array.isArray(value) ? value.filter(isNode) : [];
}
