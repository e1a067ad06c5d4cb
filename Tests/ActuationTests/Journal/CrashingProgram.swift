import Foundation
import Testing

/// The program itself with a journal of its own, killed at one of its steps.
struct CrashingProgram {
    let state: String

    private static let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent().appending(path: "cgwarden")

    /// Runs it; its exit status, or minus the signal that ended it, and its output.
    func run(_ arguments: [String], crashAt place: Int? = nil) throws -> (
        status: Int32, output: String
    ) {
        let process = Process()
        process.executableURL = Self.program
        process.arguments = arguments
        var environment = ProcessInfo.processInfo.environment
        environment["CGWARDEN_STATE_DIRECTORY"] = state
        environment["CGWARDEN_CRASH_AT"] = place.map(String.init)
        process.environment = environment
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        let isSignal = process.terminationReason == .uncaughtSignal
        let text = String(decoding: bytes, as: UTF8.self)
        return (isSignal ? -process.terminationStatus : process.terminationStatus, text)
    }

    /// How many steps apart it is killed: 1 on a host.
    ///
    /// In a guest 5 still reaches each of the 8 steps of a recorded change, in some file.
    static let stride =
        switch ProcessInfo.processInfo.environment["CGWARDEN_REQUIRE_CGROUPS"] {
        case nil: 1
        case "v2": 5
        default: 8
        }

    /// Kills it at its first step, at its second, and so on until it comes through, which must be
    /// after just as many steps as are expected.
    ///
    /// An emulated guest is slow and does the same as this host: there only every so many steps.
    func killAtEachStep(
        of arguments: [String], expecting steps: Int,
        prepare: () throws -> Void = {}, check: (_ step: String) throws -> Void
    ) throws {
        for place in Swift.stride(from: 1, through: steps, by: Self.stride) {
            try prepare()
            let (status, text) = try run(arguments, crashAt: place)
            #expect(status == -9, "step \(place) of \(steps): \(text)")
            try check("step \(place) of \(arguments.joined(separator: " "))")
        }
        try prepare()
        let (status, text) = try run(arguments, crashAt: steps + 1)
        #expect(status == 0, "it has more than \(steps) steps: \(text)")
        try check("after \(arguments.joined(separator: " "))")
    }
}
