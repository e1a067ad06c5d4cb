import KernelIO

extension StandardOutput {
    /// Writes a report, then throws the failure that it describes, if any.
    ///
    /// A report that cannot be written, or whose reader is gone, does not hide the failure.
    static func write(_ report: [UInt8], failure: (any Error)?) throws {
        do throws(IOError) {
            try write(report)
        } catch {
            guard let failure else { throw error }
            if !error.isBrokenPipe { complain("cgwarden: \(error)") }
            throw failure
        }
        if let failure { throw failure }
    }
}
