import CgroupModel
import Foundation
import Testing

@testable import PolicyLanguage

/// The policies that are shipped load as they are, on every kind of machine.
@Suite struct ExamplePolicyTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private static let files = policies(in: "config/policy.d")

    private static func policies(in path: String) -> [(String, String)] {
        let folder = root.appending(path: path)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path())) ?? []
        return names.sorted().compactMap { name in
            (try? String(contentsOf: folder.appending(path: name), encoding: .utf8)).map {
                (name, $0)
            }
        }
    }

    /// The policies of the end-to-end tests.
    @Test(arguments: HierarchyMode.allCases) func operatorPoliciesHaveNoFindings(
        mode: HierarchyMode
    ) {
        let files = Self.policies(in: "Tests/EndToEndTests/Scenarios/Policies")
        #expect(files.count == 12)
        for file in files {
            #expect(PolicyText.load([file], mode: mode).findings.map(\.description) == [])
        }
    }

    @Test(arguments: HierarchyMode.allCases) func eachExampleHasNoFindings(
        mode: HierarchyMode
    ) throws {
        #expect(Self.files.count == 6)
        for (name, text) in Self.files {
            let load = PolicyText.load([(name, text)], mode: mode)
            #expect(load.findings.map(\.description) == [])
            #expect(load.document != nil)
        }
    }

    @Test func examplesLoadTogether() throws {
        let load = PolicyText.load(Self.files)
        #expect(load.findings.map(\.description) == [])
        let document = try #require(load.document)
        #expect(
            document.rules.map(\.name) == [
                "squeeze-build", "unthrottle", "fork-bomb", "slow-backup", "park",
            ])
        #expect(document.defaults.allowsKill)
    }
}
