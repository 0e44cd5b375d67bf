"""Templates by the feature of Copier that they use: questions, files and the answers given."""

NAME = "name: {type: str, default: Ada}\n"

FEATURES = {
    "the suffix .jinja": (NAME, {"a.txt.jinja": "Hi {{ name }}\n", "b.txt": "{{ name }}\n"}, {}),
    "another suffix": (
        "_templates_suffix: .tmpl\n" + NAME,
        {
            "a.txt.tmpl": "{{ name }}",
            "b.jinja": "{{ name }}",
            "{{ _copier_conf.answers_file }}.tmpl": "{{ _copier_answers|to_nice_yaml }}",
        },
        {},
    ),
    "no suffix": (
        '_templates_suffix: ""\n' + NAME,
        {
            "a.txt": "{{ name }}\n",
            "bin": b"\x80{{ name }}\xff",
            "{{ _copier_conf.answers_file }}": "{{ _copier_answers|to_nice_yaml }}",
        },
        {},
    ),
    "a subdirectory that answers choose": (
        "_subdirectory: 'kinds/{{ kind }}'\nkind: {type: str, default: app, choices: [app, lib]}\n",
        {
            "kinds/app/a.txt.jinja": "{{ kind }}",
            "kinds/lib/a.txt.jinja": "lib {{ kind }}",
            "kinds/lib/{{ _copier_conf.answers_file }}.jinja": "{{ _copier_answers|to_json }}",
            "kinds/app/copier.yml": "part: of the project\n",
        },
        {"kind": "lib"},
    ),
    "exclusions with answers in them": (
        "_exclude: ['copier.yml', '*.bak', '!keep.bak', '/docs/*',"
        " '{% if not extra %}on.txt{% endif %}',"
        " '.git', '{% if _copier_operation == \"never\" %}a.txt{% endif %}']\nextra: false\n",
        {
            "a.txt": "a",
            "x.bak": "",
            "deep/y.bak": "",
            "keep.bak": "k",
            "on.txt": "on",
            "docs/a.md": "a",
            "docs/deep/b.md": "b",
            "more/docs/c.md": "c",
        },
        {},
    ),
    "files that are there already": (
        "_skip_if_exists: ['README.md', 'src/{{ name }}/**']\n" + NAME,
        {"README.md.jinja": "{{ name }}", "src/{{ name }}/a.py": "a", "docs/README.md": "b"},
        {},
    ),
    "symbolic links that are followed": (
        NAME,
        {
            "a.txt.jinja": "{{ name }}",
            "b.txt.jinja": ("link", "a.txt.jinja"),
            "d/c": "c",
            "e": ("link", "d"),
            "f.txt": ("link", "d/c"),
        },
        {},
    ),
    "symbolic links that are preserved": (
        "_preserve_symlinks: true\n" + NAME,
        {
            "a.txt.jinja": "{{ name }}",
            "b.txt": ("link", "a.txt"),
            "d/c": "c",
            "e": ("link", "d"),
            "t.jinja": ("link", "{{ name }}.txt"),
            "gone": ("link", "nowhere/at/all"),
        },
        {},
    ),
    "executable files": (
        NAME,
        {"run.sh.jinja": ("run", "#!/bin/sh\necho {{ name }}\n"), "go": ("run", "x"), "n": "n"},
        {},
    ),
    "binary and empty files": (
        NAME,
        {
            "logo.png": bytes(range(256)),
            "empty": "",
            "none.jinja": "",
            "é ü.txt.jinja": "é{{ name }}",
        },
        {"name": "Zoë 🦆"},
    ),
    "line ends": (
        NAME,
        {
            "crlf.txt": b"a\r\nb\r\n",
            "crlf.md.jinja": b"{{ name }}\r\nb\r\n",
            "no-end.jinja": "{{ name }}",
            "mixed.txt": b"a\r\nb\nc\r",
        },
        {},
    ),
    "text that is not UTF-8": (
        NAME,
        {"latin.txt": "é".encode("latin-1"), "a.jinja": "{{ name }}"},
        {},
    ),
    "conditional names of files and folders": (
        "extra: {type: bool, default: false}\n" + NAME,
        {
            "{% if extra %}on.txt{% endif %}.jinja": "{{ name }}",
            "{% if not extra %}off{% endif %}/{{ name }}.txt": "x",
            "{% if extra %}gone{% endif %}/x.txt": "x",
            "{{ pathjoin('a', 'b') }}.txt": "deeper",
        },
        {},
    ),
    "names that loop": (
        "parts: {type: yaml, default: [one, two]}\n",
        {
            "{% yield p from parts %}{{ p }}{% endyield %}.txt.jinja": "{{ p }} of {{ parts }}",
            "{% yield part from parts %}{{ part }}{% endyield %}/"
            "{% yield n from range(2) %}{{ n }}{% endyield %}.jinja": "{{ part }}{{ n }}",
        },
        {},
    ),
    "includes and imports": (
        "_subdirectory: project\n" + NAME,
        {
            "shared/head.jinja": "# {{ name }}\n",
            "shared/macros.jinja": "{% macro loud(x) %}{{ x|upper }}!{% endmacro %}",
            "project/a.jinja": "{% include 'shared/head.jinja' %}"
            "{% from 'shared/macros.jinja' import loud %}{{ loud(name) }}\n",
            "project/{{ _copier_conf.answers_file }}.jinja": "{{ _copier_answers|to_nice_yaml }}",
        },
        {},
    ),
    "questions in more files": (
        "---\n!include shared/*.yml\n---\n" + NAME,
        {"shared/more.yml": "more: {type: int, default: 3}\n", "a.jinja": "{{ more }} {{ name }}"},
        {},
    ),
    "custom delimiters": (
        "_envops: {block_start_string: '[%', block_end_string: '%]', variable_start_string: '[[',"
        " variable_end_string: ']]', trim_blocks: true, lstrip_blocks: true,"
        " keep_trailing_newline: false}\nname: {type: str, default: 'A[[ 1 + 1 ]]'}\n",
        {
            "a.jinja": "[% if name %]\n  [[ name ]] {{ kept }}\n[% endif %]\n",
            "[[ _copier_conf.answers_file ]].jinja": "[[ _copier_answers|to_nice_yaml ]]",
        },
        {},
    ),
    "choices of every form": (
        "one: {type: str, choices: {A label: a, B: {value: b, validator: ''}}, default: b}\n"
        "two: {type: int, choices: [1, 2], default: 2}\n"
        "three: {type: float, choices: [[first, 1.5], [second, 2.5]], default: 2.5}\n"
        "four: {type: str, choices: \"{% for x in 'pq' %}- {{ x }}\\n{% endfor %}\", default: q}\n"
        "many: {type: str, multiselect: true, choices: [x, y, z], default: [z, x]}\n"
        "none: {type: str, choices: {Only: null}, default: Only}\n",
        {"a.jinja": "{{ one }} {{ two }} {{ three }} {{ four }} {{ many }} {{ none }}"},
        {"many": ["y", "x"], "one": "a"},
    ),
    "secrets": (
        "token: {type: str, secret: true, default: none}\n_secret_questions: [other]\n"
        "other: {type: str, default: o}\n",
        {"a.jinja": "{{ token }} {{ other }}"},
        {},
    ),
    "questions that hang on others": (
        "kind: {type: str, default: app}\n"
        "web: {type: str, default: 'w {{ kind }}', when: \"{{ kind == 'app' }}\"}\n"
        "cli: {type: str, default: c, when: \"{{ kind == 'cli' }}\"}\n"
        "bare: {type: str, when: \"{{ kind == 'cli' }}\"}\n"
        "slug: {type: str, default: '{{ kind|upper }}-{{ web }}', when: false}\n"
        "quiet: {type: str, ask: false, default: '{{ slug }}'}\n"
        "unset: {type: str, ask: false, default: '{{ UNSET }}'}\n",
        {"a.jinja": "{{ kind }},{{ web }},{{ cli }},{{ bare }},{{ slug }},{{ quiet }},{{ unset }}"},
        {},
    ),
    "every type": (
        "b: {type: bool, default: 'yes'}\ni: {type: int, default: '{{ 1 + 1 }}'}\n"
        "f: {type: float, default: 0.5}\nj: {type: json, default: '{\"a\": [1, null]}'}\n"
        "y: {type: yaml, default: {a: [1, 2]}}\np: {type: path, default: a/b}\nshort: 3\n"
        "t: {type: '{{ \"int\" }}', default: 7}\nbare: [1, '{{ i }}']\n"
        "multi: {type: str, multiline: true,"
        ' default: "a\\nb"}\n',
        {
            "a.jinja": "{{ b }} {{ i }} {{ f }} {{ j }} {{ y }} {{ p }}"
            " {{ short }} {{ t }} {{ bare }} {{ multi }}"
        },
        {},
    ),
    "Copier's own names and filters": (
        NAME,
        {
            "a.jinja": "{{ _copier_phase }} {{ _copier_answers._commit }}"
            " {{ _src_path }} {{ _commit }}"
            " {{ pathjoin('a', 'b') }} {{ name|regex_replace('A', 'a')|to_nice_json }} {{ sep }}"
            " {{ _copier_conf.vcs_ref_hash }} {{ _copier_conf.answers_file }} {{ undefined_name }}"
        },
        {},
    ),
    "another answers file": (
        "_answers_file: .copier-answers.tool.yml\n" + NAME,
        {"a.jinja": "{{ _copier_conf.answers_file }}"},
        {},
    ),
    "messages that no render shows": (
        "_message_before_copy: 'Hi {{ nobody }}'\n_message_after_copy: 'Bye {{ name }}'\n"
        "_message_before_update: x\n_message_after_update: y\n_min_copier_version: '9.0.0'\n"
        + NAME,
        {"a.jinja": "{{ name }}"},
        {},
    ),
}
