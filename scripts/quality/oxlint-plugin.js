/** Lint rules of this project that no published rule covers. */

const bannedSql = [
  [/\bor\s+replace\b/i, "INSERT OR REPLACE slips past triggers"],
  [/\breplace\s+into\b/i, "REPLACE INTO slips past triggers"],
  [
    /\bi?like\s+(?:\?|'|\$|$)/i,
    "LIKE lets wildcards in and D1 refuses long patterns: use instr or the search index",
  ],
];

const sql = {
  create(context) {
    const look = (node, text) => {
      for (const [pattern, message] of bannedSql) {
        if (pattern.test(text)) context.report({ node, message });
      }
    };
    return {
      Literal: (node) => typeof node.value === "string" && look(node, node.value),
      TemplateElement: (node) => look(node, node.value.raw),
      ImportSpecifier(node) {
        if (/^(?:not)?i?like$/i.test(node.imported.name)) context.report({ node, message: bannedSql[2][1] });
      },
    };
  },
};

const transaction = {
  create: (context) => ({
    CallExpression(node) {
      if (node.callee.type === "MemberExpression" && node.callee.property.name === "transaction") {
        context.report({ node, message: "D1 has no interactive transactions: use runBatch" });
      }
    },
  }),
};

const privateMember = {
  create(context) {
    const look = (node) => {
      if (node.accessibility === "private") {
        context.report({ node, message: "A TypeScript private member is callable over RPC: use #name" });
      }
    };
    return { MethodDefinition: look, PropertyDefinition: look };
  },
};

/** Database calls that run a statement instead of building one. */
const executingMethods = new Set(["run", "execute"]);
const writingMethods = new Set(["insert", "update", "delete"]);

/** Whether a chain of calls starts with `….insert(`, `….update(` or `….delete(`. */
const isWriteChain = (node) => {
  for (let part = node; part !== undefined; part = part.callee?.object ?? part.object) {
    const name = part.callee?.property?.name;
    if (
      writingMethods.has(name) &&
      /(?:^|\.)(?:db|database)$/.test(part.callee.object.name ?? part.callee.object.property?.name ?? "")
    ) {
      return true;
    }
  }
  return false;
};

/** Use cases write through `commit`, which no change can then forget: access, audit row, idempotency record, retry. */
const commit = {
  create(context) {
    const report = (node) =>
      context.report({ node, message: "A use case writes through commit(): see src/services/commit.ts" });
    return {
      ImportSpecifier(node) {
        if (node.imported.name === "runBatch") report(node);
      },
      AwaitExpression(node) {
        if (node.argument.type === "CallExpression" && isWriteChain(node.argument)) report(node);
      },
      CallExpression(node) {
        if (executingMethods.has(node.callee.property?.name) && isWriteChain(node.callee.object))
          report(node);
      },
    };
  },
};

export default {
  meta: { name: "house" },
  rules: { sql, transaction, "private-member": privateMember, commit },
};
