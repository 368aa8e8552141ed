import hooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["dist", "node_modules", "test-results", "src/api/schema.d.ts"] },
  {
    files: ["**/*.{ts,tsx}"],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    plugins: { "react-hooks": hooks },
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      ...hooks.configs.recommended.rules,
      "max-lines": ["error", 400],
      "no-console": "error",
      eqeqeq: "error",
      "@typescript-eslint/consistent-type-definitions": ["error", "interface"],
      "@typescript-eslint/no-confusing-void-expression": "off",
      // Promises of handlers are handled where they are made; React ignores what they return.
      "@typescript-eslint/no-misused-promises": ["error", { checksVoidReturn: false }],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      // Amounts are decimal strings: a float loses money.
      "no-restricted-globals": [
        "error",
        { name: "parseFloat", message: "Amounts are decimal text: use ~/format/decimal." },
      ],
    },
  },
  // A test file's describe holds all of its tests, so that its length says nothing.
  {
    files: ["src/**/*.{ts,tsx}"],
    ignores: ["**/*.test.ts*"],
    rules: { "max-lines-per-function": ["error", { max: 70 }] },
  },
  // Playwright's fixtures hand over their value by a function that is called `use`.
  { files: ["e2e/**"], rules: { "react-hooks/rules-of-hooks": "off" } },
);
