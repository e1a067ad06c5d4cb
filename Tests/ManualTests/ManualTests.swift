import Foundation
import Testing
import TestSupport

/// The pages of `man/` match the program; `UPDATE_GOLDEN=1` (`make man`) rewrites them.
@Suite struct ManualTests {
    /// Every page that has parts which are not written by hand.
    private static func pages() throws -> [(page: ManualPage, parts: [String: [String]])] {
        let commands = try Command.tree().all().map { words, command in
            let sections = CommandSections(words: words, command: command)
            let page = "\(sections.page).1"
            let tables =
                [
                    "cgwarden-events.1": EventSections.parts,
                    "cgwarden-explain.1": CauseSections.parts,
                ][page] ?? [:]
            return (page, sections.parts.merging(tables) { $1 })
        }
        let tables = [
            ("cgwarden-metrics.7", CatalogSections.metrics.merging(try OwnFamilies.parts()) { $1 }),
            ("cgwarden-limits.7", CatalogSections.limits),
            ("cgwarden-policy.5", CatalogSections.policy),
        ]
        return (commands + tables).map { (ManualPage($0.0, parts: $0.1), $0.1) }
    }

    private static func files() throws -> [URL] {
        try FileManager.default.contentsOfDirectory(
            at: ManualPage.folder, includingPropertiesForKeys: nil
        ).sorted { $0.path() < $1.path() }
    }

    @Test func everyPageIsUpToDate() throws {
        for (page, parts) in try Self.pages() {
            let (text, mistakes) = page.filled(parts)
            #expect(mistakes.isEmpty)
            if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] != nil {
                try Data(text.utf8).write(to: page.file)
            }
            let written = try? String(contentsOf: page.file, encoding: .utf8)
            #expect(written == text, "\(page.name) is not up to date; run `make man`")
        }
    }

    /// `--help` breaks a longer line, and then it cannot be copied.
    @Test func examplesFitIntoEightyColumns() throws {
        for (words, command) in try Command.tree().all() {
            for line in command.examples {
                #expect(line.count <= 78, "\(words.joined(separator: " ")): \(line)")
            }
        }
    }

    @Test func everyPageHasACommandOrTopic() throws {
        let known = try Set(
            Self.pages().map(\.page.name) + [
                "cgwarden.yaml.5", "cgwarden-api.7", "cgwarden-expressions.7",
            ])
        #expect(try Set(Self.files().map(\.lastPathComponent)) == known)
    }

    @Test(
        .enabled(if: ProgramRun.isInstalled("mandoc"), "the package mandoc is not installed"))
    func mandocLintIsClean() throws {
        let paths = try Self.files().map { $0.path() }
        #expect(paths.count > 30)
        let result = try ProgramRun.run("mandoc", ["-Tlint"] + paths)
        // Pages that others are about need not be installed here, nor ours.
        let complaints = (result.lines + result.errorLines).filter {
            !$0.contains("referenced manual not found") && !$0.contains("outdated mandoc.db")
        }
        #expect(complaints.isEmpty)
    }

    @Test func everyReferencedPageExists() throws {
        let files = try Self.files()
        let names = Set(files.map(\.lastPathComponent))
        for file in files {
            let text = try String(contentsOf: file, encoding: .utf8)
            for match in text.matches(of: /Xr (cgwarden\S*) ([1-8])/) {
                #expect(names.contains("\(match.1).\(match.2)"), "\(file.lastPathComponent)")
            }
        }
    }

    private static func page(_ name: String) throws -> String {
        try String(contentsOf: ManualPage.folder.appending(path: name), encoding: .utf8)
    }

    private static func sources(_ folder: String) throws -> String {
        let top = ManualPage.folder.appending(path: "../\(folder)").standardized
        let files = FileManager.default.enumerator(at: top, includingPropertiesForKeys: nil)
        return try (files?.allObjects as? [URL] ?? []).filter { $0.pathExtension == "swift" }
            .map { try String(contentsOf: $0, encoding: .utf8) }.joined(separator: "\n")
    }

    /// Whether a line of keys has it: `.It Cm name , Cm on`, `.Cm rbps , wbps`.
    private static func isExplained(_ key: String, in page: String) -> Bool {
        page.split(separator: "\n").contains { line in
            line.hasPrefix(".") && line.contains("Cm ")
                && line.split(whereSeparator: { " ,".contains($0) }).contains { $0 == key }
        }
    }

    /// The loader's lists of keys are in its sources: `keys: ["path", "unit"]`.
    @Test func everyKeyOfAPolicyIsExplained() throws {
        let page = try Self.page("cgwarden-policy.5")
        let lists = try Self.sources("Sources/PolicyLanguage/Loading")
            .matches(of: /[kK]eys(?:: \[String\])?(?: =|:) \[([^\]]*)\]/)
        let keys = Set(lists.flatMap { $0.1.matches(of: /"([A-Za-z_0-9]+)"/).map { String($0.1) } })
        #expect(keys.count > 60, "\(keys)")
        #expect(keys.filter { !Self.isExplained($0, in: page) }.sorted() == [])
    }

    @Test func everyKeyOfTheConfigurationIsExplained() throws {
        let page = try Self.page("cgwarden.yaml.5")
        let file = ManualPage.folder.appending(path: "../config/cgwarden.yaml").standardized
        let keys = try String(contentsOf: file, encoding: .utf8)
            .matches(of: /(?m)^ *(?:# )?([a-z_]+):(?: |$)/).map { String($0.1) }
        #expect(keys.count >= 15)
        #expect(keys.filter { !Self.isExplained($0, in: page) } == [])
    }

    @Test func everyFamilyOfTheProgramIsExplained() throws {
        let page = try Self.page("cgwarden-metrics.7")
        let names = try Set(
            Self.sources("Sources").matches(of: /"((?:cgwarden|cgroup)_[a-z_]+[a-z])"/).map {
                String($0.1)
            })
        #expect(names.count > 60)
        #expect(names.filter { !page.contains("Li \($0)\n") }.sorted() == [])
    }

    /// The addresses of a server, and each key of a snapshot.
    @Test func everyAddressAndKeyOfTheServerIsExplained() throws {
        let page = try Self.page("cgwarden-api.7")
        let responder = try Self.sources("Sources/Exporter")
        let list = try #require(
            responder.firstMatch(of: /routes: \[String: Route\] = \[([\s\S]*?)\n    \]\n/)
        ).1
        let paths = list.matches(of: /"(\/[^"]*)": Route/).map { String($0.1) }
        #expect(paths.count >= 10)
        for path in paths {
            let literal = path.replacing("-", with: "\\-")
            #expect(page.contains("\n.It Pa \(literal)"), "\(path)")
        }
        let capture = try ProgramCapture("v2")
        let answer = try ServedText.get("/api/v1/snapshot", of: capture)
        let object = try #require(
            JSONSerialization.jsonObject(with: Data(answer.utf8)) as? [String: Any])
        let cgroups = try #require(object["cgroups"] as? [[String: Any]])
        let machine = try #require(object["machine"] as? [String: Any])
        let keys = Set(object.keys).union(machine.keys).union(cgroups.flatMap(\.keys))
        #expect(keys.count > 25)
        #expect(keys.filter { !Self.isExplained($0, in: page) }.sorted() == [])
    }

    @Test func everyPageHasADescription() throws {
        for file in try Self.files() {
            let text = try String(contentsOf: file, encoding: .utf8)
            let section =
                text.components(separatedBy: "\n.Sh ")
                .first { $0.hasPrefix("DESCRIPTION\n") } ?? ""
            let words = section.split(whereSeparator: \.isWhitespace).count
            #expect(words > 10, "\(file.lastPathComponent)")
        }
    }

    /// Save tables that are written by the program itself.
    @Test func pagesHaveAtMost600Lines() throws {
        for file in try Self.files() {
            var isGenerated = false
            let text = try String(contentsOf: file, encoding: .utf8)
            let lines = text.components(separatedBy: "\n").filter { line in
                if line.hasPrefix(".\\\" BEGIN ") { isGenerated = true }
                if line.hasPrefix(".\\\" END ") { isGenerated = false }
                return !isGenerated
            }
            #expect(lines.count <= 600, "\(file.lastPathComponent): \(lines.count)")
        }
    }

    @Test func everyColumnOfTheLiveViewIsExplained() throws {
        let page = try Self.page("cgwarden-top.1")
        let columns = try Self.sources("Sources/LiveView")
            .matches(of: /Facts\(\s*title: "([^"]+)", width/).map { String($0.1) }
        #expect(columns.count == 29)
        for column in columns {
            let isThere = page.split(separator: "\n").contains {
                $0.hasPrefix(".It ")
                    && $0.dropFirst(4).components(separatedBy: " , ").contains(column)
            }
            #expect(isThere, "\(column)")
        }
    }

    /// The variables that the program and its libraries read.
    @Test func everyVariableOfTheEnvironmentIsExplained() throws {
        let page = try Self.page("cgwarden.1")
        let section = try #require(
            page.components(separatedBy: "\n.Sh ").first { $0.hasPrefix("ENVIRONMENT\n") })
        let items = section.split(separator: "\n").filter { $0.hasPrefix(".It Ev ") }
        let explained = Set(
            items.flatMap { $0.matches(of: /[A-Z_]{2,}/).map { String($0.0) } })
        let sources = try Self.sources("Sources")
        let names =
            sources.matches(of: /(?:Environment\.value|getenv)\("([A-Z_]+)"\)/).map { "\($0.1)" }
            + sources.matches(of: /static let variable = "([A-Z_]+)"/).map { "\($0.1)" }
        // For tests alone.
        let read = Set(names).subtracting(["CGWARDEN_CRASH_AT"])
        #expect(read.count >= 8, "\(read)")
        #expect(read.subtracting(explained).sorted() == [])
        let libraries: Set = [
            "DBUS_SYSTEM_BUS_ADDRESS", "LANG", "LC_ALL", "LC_CTYPE", "NOTIFY_SOCKET", "TZ",
        ]
        #expect(explained.subtracting(read).isSubset(of: libraries), "\(explained)")
    }
}
