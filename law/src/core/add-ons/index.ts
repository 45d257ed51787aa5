export { addOnContracts, skillContract, skillTool } from './asking.ts';
export { type AddOnHead, addOnKeys, addOnName } from './heads.ts';
export { ADD_ONS, type AddOnEvent } from './installs.ts';
export {
  ADD_ON_BYTES_MAX,
  type AddOnDraft,
  type AddOnPackage,
  fillAddOn,
  openAddOn,
  readAddOnDraft,
  sealAddOn,
} from './package.ts';
export { NODE_SERVERS } from './shape-fault.ts';
export { SKILL_FILE, type Skill, skillIn } from './skill.ts';
export { addOnChanges, addOnCompletions, addOnInclusion, addOnWords } from './statements.ts';
