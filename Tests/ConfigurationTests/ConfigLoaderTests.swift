import Configuration
import Testing

private func load(_ text: String) throws(ConfigError) -> ConfigNode {
    try ConfigLoader.load(Array(text.utf8), file: "t.yaml")
}

private func failure(_ text: String) -> String {
    do {
        _ = try load(text)
        return "loaded"
    } catch { return error.description }
}

@Suite struct ConfigLoaderTests {
    @Test func scalarsAreKeptVerbatim() throws {
        let root = try load("device: 8:0\nflag: no\nmode: 010\nnull: ~\nempty:\nquoted: \"a b\"\n")
        let entries = try root.mapping(for: "file")
        let texts = entries.map { entry -> String in
            guard case .text(let text) = entry.value.content else { return "?" }
            return "\(entry.key)=\(text)"
        }
        #expect(
            texts == ["device=8:0", "flag=no", "mode=010", "null=~", "empty=", "quoted=a b"])
    }

    @Test func everyNodeHasItsPosition() throws {
        let root = try load("# note\nrules:\n  - name: a\n    limits: [1, zwö, 3]\n")
        let rules = try root.mapping(for: "file")[0]
        #expect(rules.position.description == "t.yaml:2:1")
        let rule = try rules.value.sequence(for: "rules")[0]
        #expect(rule.position.description == "t.yaml:3:5")
        let limits = try rule.mapping(for: "rule")[1]
        #expect(limits.position.description == "t.yaml:4:5")
        let last = try limits.value.sequence(for: "limits")[2]
        #expect(last.position.description == "t.yaml:4:22")
    }

    @Test func anEmptyFileIsAnEmptyMapping() throws {
        for text in ["", "# only a comment\n"] {
            #expect(try load(text).mapping(for: "file").isEmpty)
        }
    }

    @Test(arguments: [
        ("a: 1\nb: 2\na: 3\n", "t.yaml:3:1: duplicate key 'a', first at line 1; remove one"),
        ("a: !!int 1\n", "t.yaml:1:4: tag 'tag:yaml.org,2002:int' is not supported; remove it"),
        ("a: &x 1\n", "t.yaml:1:4: anchor '&x' is not supported; remove it"),
        ("a: 1\nb: *x\n", "t.yaml:2:4: alias '*x' is not supported; repeat the value"),
        ("a: 1\n---\nb: 2\n", "t.yaml:2:1: more than one document; keep one per file"),
        ("[a]: 1\n", "t.yaml:1:1: a key must be one word, not a list or a mapping"),
        (
            "a: 1\n  b: 2\n",
            "t.yaml:2:4: not valid YAML: mapping values are not allowed in this context"
        ),
        ("a:\n\tb: 2\n", "t.yaml:2:1: tab used for indentation; use spaces"),
        ("a:\n  b: 1\n  \tc: 2\n", "t.yaml:3:3: tab used for indentation; use spaces"),
        ("a: @b\n", "t.yaml:1:4: not valid YAML: found character that cannot start any token"),
        (
            "a: [1\n",
            "t.yaml:2:1: not valid YAML: did not find expected ',' or ']'; quote a text with "
                + "commas, brackets or braces"
        ),
        (
            "{when: max(memory.current, 5s) > 1GiB, on: g}\n",
            "t.yaml:1:28: inside { } a comma or bracket ends a text, so '5s) > 1GiB' is a "
                + "key without a value; quote the expression"
        ),
        (
            "ä: {cpus: 0,2 }\n",
            "t.yaml:1:13: inside { } a comma or bracket ends a text, so '2' is a key without a "
                + "value; quote the expression"
        ),
        (
            "set: {io.max.wbps[/dev/vda]: 10MB/s}\n",
            "t.yaml:1:7: inside { } a comma or bracket ends a text, so 'io.max.wbps' is a "
                + "key without a value; quote the expression"
        ),
    ])
    func ambiguousYAMLIsRefusedWithItsPosition(text: String, message: String) {
        #expect(failure(text) == message)
    }

    @Test func keyWithoutAValueInBracesIsEmpty() throws {
        let root = try load("a: {kill: , log: , b: {thaw : }}\n")
        let entries = try root.mapping(for: "file")[0].value.mapping(for: "a")
        #expect(entries.map(\.key) == ["kill", "log", "b"])
    }

    @Test func invalidUTF8IsRefusedWithItsPosition() {
        let bytes = Array("ok: 1\nä: ".utf8) + [0xff]
        do throws(ConfigError) {
            _ = try ConfigLoader.load(bytes, file: "t.yaml")
            Issue.record("loaded")
        } catch {
            #expect(error.description.hasPrefix("t.yaml:2:4: not valid YAML: "))
        }
    }

    @Test func sizeNodesAndDepthAreLimited() {
        let large = String(repeating: "#", count: ConfigLoader.largestFile + 1)
        #expect(failure(large).hasPrefix("t.yaml:1:1: larger than 1 MiB"))
        let many = String(repeating: "- a\n", count: ConfigLoader.mostNodes)
        #expect(failure(many) == "t.yaml:20000:3: more than 20000 nodes; split the file")
        let deep = String(repeating: "[", count: 65)
        #expect(failure(deep) == "t.yaml:1:65: nested deeper than 64 levels")
    }

    @Test func truncationsNeverCrash() {
        let text = "a: \"x\\n\"\nlist:\n  - {b: 'c', d: [e, f]}\n  - |\n    text\n"
        for length in 0...text.utf8.count {
            _ = try? ConfigLoader.load(Array(text.utf8.prefix(length)), file: "t.yaml")
        }
    }
}

@Suite struct ConfigSchemaTests {
    @Test func aMessageIsOneLineWhateverItQuotes() {
        let place = ConfigPosition(file: "f", line: 1, column: 2)
        #expect(
            ConfigError(place, "no 'a\tb\n\u{7f}\u{202e}c'").description
                == #"f:1:2: no 'a\x09b\x0a\x7f\u{202e}c'"#)
    }

    private func failure(_ text: String, _ use: (ConfigNode) throws -> Void) -> String {
        do {
            try use(load(text))
            return "accepted"
        } catch { return "\(error)" }
    }

    @Test func mistypedKeyGetsASuggestion() {
        let keys = ["interval", "columns", "sort"]
        #expect(
            failure("sort: cpu\nintervall: 1s\n") { _ = try $0.mapping(for: "file", keys: keys) }
                == "t.yaml:2:1: unknown key 'intervall'; did you mean 'interval'?")
        #expect(
            failure("zzzzzzzz: 1\n") { _ = try $0.mapping(for: "file", keys: keys) }
                == "t.yaml:1:1: unknown key 'zzzzzzzz'; valid: interval, columns, sort")
        #expect(
            failure("sort: cpu\n") { _ = try $0.mapping(for: "file", keys: keys) } == "accepted")
    }

    @Test func wrongKindOfNodeIsNamed() {
        #expect(
            failure("- a\n") { _ = try $0.mapping(for: "the file") }
                == "t.yaml:1:1: the file must be a mapping (key: value), not a list")
        #expect(
            failure("a:\n") { _ = try $0.mapping(for: "file")[0].value.text(for: "a") }
                == "t.yaml:1:3: a has no value; write one")
        #expect(
            failure("a: b\n") { _ = try $0.mapping(for: "file")[0].value.sequence(for: "a") }
                == "t.yaml:1:4: a must be a list (- a), not one value")
        #expect(
            failure("sort: cpuu\n") {
                _ = try $0.mapping(for: "file")[0].value.word(
                    for: "sort", among: ["cpu", "memory"])
            } == "t.yaml:1:7: sort cannot be 'cpuu'; did you mean 'cpu'?")
    }
}
