import Foundation
import TestSupport
import Testing

/// Hints at what was probably meant by a cgroup that does not exist.
@Suite struct CgroupHintTests {
    private func hint(_ typed: String) throws -> String {
        let capture = try ProgramCapture("v2")
        let result = try ProgramRun.cgwarden("show", "--root", capture.root, typed)
        #expect(result.status == 66)
        return result.errors
    }

    /// The captured tree has /batch.slice with job-1.scope and others.
    @Test(arguments: [
        ("batch.slcie", "/batch.slice"), ("/batch.slic", "/batch.slice"),
        ("/batch.slice/jobb-1.scope", "/batch.slice/job-1.scope"),
    ])
    func mistypedCgroupGetsASuggestion(typed: String, meant: String) throws {
        let text = try hint(typed)
        #expect(text.contains("did you mean '\(meant)'"), "\(text)")
    }

    /// One who kills by a hint must not hit what only begins alike, lies elsewhere, or has another
    /// number.
    @Test(arguments: [
        "/no/such/job", "job", "batch", "/batch", "/x/y/job-1.scope", "job-7.scope",
        "/batch.slice/job-7.scope", "j", "/nowhere",
    ])
    func dissimilarCgroupGetsNoSuggestion(typed: String) throws {
        let text = try hint(typed)
        #expect(text.contains("`cgwarden tree` lists the cgroups"), "\(text)")
        #expect(!text.contains("did you mean"), "\(text)")
    }
}
