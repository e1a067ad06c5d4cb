import Foundation
import TestSupport
import Testing

/// `explain` over captured trees.
@Suite struct ExplainTests {
    @Test(arguments: ["v1", "v2", "hybrid"])
    func aCapturedCgroupIsExplainedWithItsFiles(mode: String) throws {
        let capture = try ProgramCapture(mode)
        let result = try ProgramRun.cgwarden(
            "explain", "--root", capture.root, "--json", "-d", "100ms", "job-1.scope")
        #expect(result.status == 0, "\(result.errors)")
        let object = try JSONText.object(result.output)
        #expect(object["verdict"] as? String != nil)
        let limits = try #require(object["limits"] as? [JSONText.Object])
        let first = try #require(limits.first?["limit"] as? JSONText.Object)
        #expect(first["name"] as? String == "memory.max")
        #expect(first["file"] as? String == (mode == "v2" ? "memory.max" : "memory.limit_in_bytes"))
        // Nobody is asked about a captured tree.
        #expect(object["policies_unknown"] == nil)
    }

    @Test func aWindowOutOfRangeIsRefused() throws {
        for window in ["10ms", "2h"] {
            let result = try ProgramRun.cgwarden("explain", "-d", window, "/")
            #expect(result.status == 64)
            #expect(
                result.errors
                    == "cgwarden: -d: '\(window)' is invalid; expected a time from 100ms to 1m\n")
        }
    }
}
