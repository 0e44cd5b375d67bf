// GitHub's own parser, over the files of the request on standard input; its findings as JSON.
// The request: {platform: "OWNER/REPOSITORY", root: its folder, files: {path: uri}}.
import {readFileSync} from "node:fs";
import {join} from "node:path";
import {registerLogger, validate} from "@actions/languageservice";
import {TextDocument} from "vscode-languageserver-textdocument";
import {parse} from "yaml";

const {platform, root, files} = JSON.parse(readFileSync(0, "utf8"));
const findings = [];
let reading = "";
const tell = message => findings.push({file: reading, line: 0, message});
// It only logs what it cannot do: here that is a finding too.
registerLogger({error: tell, warn: tell, info() {}, log() {}});

const ours = ref => !("repository" in ref) || `${ref.owner}/${ref.repository}` === platform;
const fileProvider = {
  async getFileContent(ref) {
    if (!ours(ref)) throw new Error(`${ref.owner}/${ref.repository} is not at hand`);
    return {name: `${root}/${ref.path}`, content: readFileSync(join(root, ref.path), "utf8")};
  },
};
const actionsMetadataProvider = {
  async fetchActionMetadata({owner, name, path}) {
    // What third parties' actions take is not at hand, and actionlint knows most of it.
    if (`${owner}/${name}` !== platform) return {name, description: ""};
    return parse(readFileSync(join(root, path ?? "", "action.yml"), "utf8"));
  },
};

async function main() {
  for (const [path, uri] of Object.entries(files)) {
    reading = path;
    const document = TextDocument.create(uri, "yaml", 1, readFileSync(path, "utf8"));
    for (const {message, range} of await validate(document, {fileProvider, actionsMetadataProvider})) {
      findings.push({file: path, line: range.start.line + 1, message});
    }
  }
  process.stdout.write(JSON.stringify(findings));
}

main();
