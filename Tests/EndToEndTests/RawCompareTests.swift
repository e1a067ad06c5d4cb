import Foundation
import TestSupport
import Testing

/// `show --json` and `stat --json` of captured trees against the raw text, by a script that shares
/// nothing with the program.
@Suite(.enabled(if: ProgramRun.isInstalled("python3"), "python3 is not installed"))
struct RawCompareTests {
    private func compare(_ capture: ProgramCapture) throws -> (equal: Int, reasons: Int) {
        let script = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "raw_compare.py").path()
        let result = try ProgramRun.run(
            "python3", [script, ProgramRun.cgwarden, capture.root])
        #expect(result.status == 0, "\(result.output)\(result.errors)")
        let numbers = (result.lines.last ?? "").split { !$0.isNumber }.compactMap { Int($0) }
        try #require(numbers.count == 3, "\(result.output)\(result.errors)")
        return (numbers[0], numbers[1])
    }

    @Test(arguments: ProgramCapture.modes) func valuesOfACaptureMatchTheFiles(
        _ mode: String
    ) throws {
        let (equal, reasons) = try compare(ProgramCapture(mode))
        #expect(equal > 1900)
        #expect(reasons == 0)
    }

    @Test func valuesOfADamagedCaptureMatchOrHaveAReason() throws {
        let capture = try ProgramCapture("v2")
        let scope = "cgroup/batch.slice/job-1.scope"
        try capture.write(
            "(unknown) rbytes=0 wbytes=10485760 rios=0 wios=20 dbytes=0 dios=0\n"
                + "7:1 7:0 254:0 rbytes=5 wbytes=6 rios=7 wios=8 dbytes=9 dios=10 \n\n7:1 7:0 ",
            to: "\(scope)/io.stat")
        try capture.write(
            "254:0\trbps=max wbps=4194304\triops=max wiops=9\n", to: "\(scope)/io.max")
        try capture.write("anon\t4096\nfile 8192 1\nshmem 1\n\n", to: "\(scope)/memory.stat")
        try capture.write("twelve\n", to: "\(scope)/pids.current")
        let (equal, reasons) = try compare(capture)
        #expect(equal > 2000)
        // Six values of the unknown device, one of memory.stat and one of pids.current; twice each.
        #expect(reasons == 16)
    }

    @Test func valuesOfARecentKernelMatchTheFiles() throws {
        for tree in [try RecentTree.unified(), try RecentTree.legacy()] {
            let (equal, reasons) = try compare(tree)
            #expect(equal > 60)
            #expect(reasons == 0)
        }
    }

    @Test(arguments: OddTree.legacyIO) func valuesOfAnOldKernelMatchTheFiles(
        files: [String: String]
    ) throws {
        let (equal, reasons) = try compare(OddTree.oldKernel(files))
        #expect(equal > 40)
        #expect(reasons == 0)
    }
}
