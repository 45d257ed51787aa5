export { buildProject, parseCode } from './build-project.ts';
export { readTexts } from './read-texts.ts';
