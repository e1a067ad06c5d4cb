import Foundation
import Testing

/// The documents for those who change the program, or look at it first, name what exists.
@Suite struct DocumentTests {
    private static let top = URL(filePath: #filePath).appending(path: "../../..").standardized

    private static let pages = [
        "README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "dashboards/runbook.md",
        "config/prometheus/README.md", "Sources/KernelIO/README.md", "Sources/Policy/README.md",
    ]

    static func text(_ page: String) throws -> String {
        try String(contentsOf: top.appending(path: page), encoding: .utf8)
    }

    @Test func tableOfModulesMatchesTheLayers() throws {
        let rows = try Self.text("ARCHITECTURE.md")
            .matches(of: /(?m)^\| `(\w+)` \| [^|]+ \| ([^|]*)\|$/)
            .map { row in
                let imported = row.2.matches(of: /`(\w+)`/).map { String($0.1) }
                return (String(row.1), Set(imported))
            }
        #expect(Set(rows.map(\.0)) == Set(LayeringTests.own.keys))
        for (module, imported) in rows {
            #expect(imported == LayeringTests.own[module], "\(module)")
        }
    }

    /// Source files are named without folders, so that they may move; `Name…` matches any suffix.
    @Test(arguments: pages) func everyNamedFileExists(page: String) throws {
        let text = try Self.text(page)
        let names =
            try FileManager.default.subpathsOfDirectory(
                atPath: Self.top.appending(path: "Sources").path())
            + FileManager.default.subpathsOfDirectory(
                atPath: Self.top.appending(path: "Tests").path())
        let known = Set(names.map { ($0 as NSString).lastPathComponent })
        for match in text.matches(of: /`([\w+]+\.swift)`/) where !match.1.hasPrefix("Name") {
            #expect(known.contains(String(match.1)), "\(match.1)")
        }
        for match in text.matches(of: /`((?:Sources|Tests|config|dashboards|man)\/[\w.\/-]+)`/)
        where !match.1.contains("NAME") {
            let path = Self.top.appending(path: String(match.1)).path()
            #expect(FileManager.default.fileExists(atPath: path), "\(match.1)")
        }
    }

    @Test(arguments: pages) func everyLinkLeadsToAFile(page: String) throws {
        let folder = Self.top.appending(path: page).deletingLastPathComponent()
        for match in try Self.text(page).matches(of: /\]\(([^)#: ]+)\)/) {
            let path = folder.appending(path: String(match.1)).standardized.path()
            #expect(FileManager.default.fileExists(atPath: path), "\(match.1)")
        }
    }

    @Test func readmeIsShort() throws {
        #expect(try Self.text("README.md").split(separator: "\n").count <= 150)
    }

    /// `make dist` and `make deb` publish what the first heading says.
    @Test func changelogStartsWithTheVersion() throws {
        let heading = try #require(Self.text("CHANGELOG.md").firstMatch(of: /(?m)^## (\S+)/)).1
        let source = try Self.text("Sources/cgwarden/Commands/Cgwarden.swift")
        #expect(source.contains("version = \"\(heading)\""), "\(heading)")
    }

    @Test func everyAlertIsInTheRunbook() throws {
        let alerts = try Self.text("dashboards/alerts.rules.yml")
            .matches(of: /- alert: (\w+)[\s\S]*?runbook_url: \S+\/runbook\.md#(\w+)/)
        let names = try Self.text("dashboards/alerts.rules.yml").matches(of: /- alert: (\w+)/)
        #expect(alerts.map { String($0.1) } == names.map { String($0.1) })
        #expect(alerts.count > 20)
        let headings = try Self.text("dashboards/runbook.md").matches(of: /(?m)^## (\w+)$/)
        for alert in alerts { #expect(alert.2 == alert.1.lowercased()) }
        #expect(headings.map { String($0.1) } == alerts.map { String($0.1) })
    }
}
