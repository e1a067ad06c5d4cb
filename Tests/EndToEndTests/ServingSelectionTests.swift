import Foundation
import TestSupport
import Testing

/// The families of the exporter, and the files that it reads for them.
@Suite(.serialized) struct ServingSelectionTests {
    @Test func basicProfileReadsFewerFiles() throws {
        func files(_ options: String...) throws -> Double {
            let capture = try ProgramCapture("v1")
            let server = try ServingProgram(
                ["exporter", "--root", capture.root] + options)
            let line = try server.get().text.split(separator: "\n").first {
                $0.hasPrefix("cgwarden_files_read_total ")
            }
            return Double(line?.split(separator: " ").last ?? "") ?? 0
        }
        let (basic, full) = (try files("--metrics.profile", "basic"), try files())
        #expect(basic > 0 && basic < full, "\(basic) of \(full)")
        let shallow = try files("--metrics.depth", "0")
        #expect(shallow > 0 && shallow < 0.5 * full, "\(shallow) of \(full)")
    }

    @Test func optionsSelectTheFamilies() throws {
        let capture = try ProgramCapture("v2")
        let server = try ServingProgram(
            "--root", capture.root, "--metrics.exclude", "/app.slice/**", "--metrics.depth", "1",
            "--web.inline-labels", "pod,unit", "--metrics.pressure-averages")
        let answer = try server.get()
        let memory = answer.series("cgroup_memory_current_bytes")
        #expect(!memory.isEmpty)
        #expect(memory.allSatisfy { $0.contains(",unit=\"") && $0.contains(",pod=\"\"}") })
        #expect(!answer.text.contains("/app.slice/db.service"))
        #expect(!answer.series("cgroup_pressure_average_ratio").isEmpty)
        #expect(
            answer.series("cgwarden_cgroups_dropped").allSatisfy {
                !$0.contains("depth") || !$0.hasSuffix(" 0")
            })
        #expect(try server.get("/metrics?collect[]=gpu").status == 400)
    }

    @Test(arguments: [
        (["--metrics.profile", "most"], "unknown profile 'most'; valid: basic, full"),
        (["--metrics.depth", "-1"], "--metrics.depth cannot be negative"),
        (["--metrics.max-cgroups", "0"], "--metrics.max-cgroups must be at least 1"),
        (["--metrics.include", "a*"], "must begin with /"),
        (["--metrics.exclude", "/["], "close its brackets"),
        (["--web.inline-labels", "cgroup"], "unknown label 'cgroup'; valid: "),
    ])
    func wrongOptionIsReported(options: [String], message: String) throws {
        for command in ["exporter", "daemon"] {
            let result = try ProgramRun.run(ProgramRun.cgwarden, [command] + options)
            #expect(result.status == 64)
            #expect(result.errors.contains(message), "\(result.errors)")
        }
    }
}
