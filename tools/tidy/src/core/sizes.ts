import type { Finding, Package, Project, SourceFile, SyntaxNode } from './project.ts';
import { isGenerated, lineAt, roomOf } from './project.ts';
import { isNode, walk } from './syntax.ts';

const FILE_LINES_MAX = 400;
const FUNCTION_LINES_MAX = 70;
const LINE_COLUMNS_MAX = 100;
const PARAMETERS_MAX = 4;
const README_LINES_MAX = 60;
const STORY_LINES_MAX = 150;
const NEED_A_STORY: readonly string[] = ['systems', 'hosts'];

/** Nothing is larger than one can hold in the head. */
export function sizesAreBounded(project: Project): Finding[] {
  const findings: Finding[] = [];
  for (const file of project.files.values()) {
    if (file.syntax === undefined || isGenerated(file.path)) continue;
    findings.push(...longFile(file, FILE_LINES_MAX, 'a file'), ...wideLines(file));
    findings.push(...largeFunctions(file, file.syntax));
  }
  for (const owner of project.packages) {
    const readme = project.files.get(`${owner.folder}/README.md`);
    if (readme !== undefined) findings.push(...longFile(readme, README_LINES_MAX, 'a README'));
    findings.push(...storyOf(project, owner));
  }
  return findings;
}

function longFile(file: SourceFile, limit: number, what: string): Finding[] {
  const lines = file.text.split('\n').length - (file.text.endsWith('\n') ? 1 : 0);
  if (lines <= limit) return [];
  return [{ file: file.path, line: limit + 1, says: `${what} has ${limit} lines, not ${lines}` }];
}

function wideLines(file: SourceFile): Finding[] {
  return file.text.split('\n').flatMap((text, index) => {
    const columns = [...text].length;
    if (columns <= LINE_COLUMNS_MAX) return [];
    const says = `a line has ${LINE_COLUMNS_MAX} columns, not ${columns}`;
    return [{ file: file.path, line: index + 1, says }];
  });
}

function largeFunctions(file: SourceFile, root: SyntaxNode): Finding[] {
  const findings: Finding[] = [];
  walk(root, (node) => {
    if (!Array.isArray(node.params) || !/Function/.test(node.type)) return;
    const line = lineAt(file.text, node.start);
    const lines = lineAt(file.text, node.end) - line + 1;
    if (lines > FUNCTION_LINES_MAX) {
      const says = `a function has ${FUNCTION_LINES_MAX} lines, not ${lines}`;
      findings.push({ file: file.path, line, says });
    }
    const count = node.params.filter((each) => isNode(each) && each.name !== 'this').length;
    if (count > PARAMETERS_MAX) {
      const says = `a function takes ${PARAMETERS_MAX} parameters, not ${count}`;
      findings.push({ file: file.path, line, says });
    }
  });
  return findings;
}

// The story file tells the whole behaviour of a package in one breath.
function storyOf(project: Project, owner: Package): Finding[] {
  const story = owner.manifest.ioi?.story;
  const manifest = `${owner.folder}/package.json`;
  if (story === undefined) {
    if (!NEED_A_STORY.includes(roomOf(owner.folder))) return [];
    return [{ file: manifest, line: 0, says: 'names no story file: "ioi": { "story": "src/…" }' }];
  }
  const file = project.files.get(`${owner.folder}/${story}`);
  if (file === undefined) return [{ file: manifest, line: 0, says: `story ${story} is missing` }];
  return longFile(file, STORY_LINES_MAX, 'a story');
}
