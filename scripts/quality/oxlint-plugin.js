/** The rules of this house that no published lint rule says; loaded by oxlint. */

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

export default {
  meta: { name: "house" },
  rules: { sql, transaction, "private-member": privateMember },
};
