export { ALLOWED } from './allowed.ts';
export { claimsCanFail } from './claims.ts';
export { importsAreDeclared } from './declared.ts';
export { documentsAreTrue, specsAreHeld } from './documents.ts';
export { importsPointDown } from './floors.ts';
export { manifestsAgree } from './manifests.ts';
export type { Finding, Manifest, Package, Project, SourceFile, SyntaxNode } from './project.ts';
export { folderOf, joinPath, lineAt } from './project.ts';
export { coreIsPure } from './purity.ts';
export { shapeIsPlain } from './shape.ts';
export { sizesAreBounded } from './sizes.ts';
export {
  isRelative,
  literalOf,
  packageNameOf,
  type Specifier,
  type SpecifierKind,
  specifiersOf,
  walk,
} from './syntax.ts';
export { typeboxStaysInProtocol } from './typebox.ts';
export { wordsAreClean } from './words.ts';
