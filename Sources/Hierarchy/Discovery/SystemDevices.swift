package import CgroupModel
internal import KernelIO

extension SystemRoot {
    /// The path of a file below `/sys/devices/system`; nil if a captured tree has no `/sys`.
    package func device(_ name: String) -> [UInt8]? {
        sys.map { $0 + Array("/devices/system/\(name)".utf8) }
    }

    /// Reads a list of CPUs or nodes from `/sys/devices/system`, such as `cpu/online`.
    ///
    /// Nil if the file is missing or malformed.
    package func deviceList(_ name: String) -> RangeList? {
        guard let path = device(name), let text = try? ReadBuffer.contents(of: path) else {
            return nil
        }
        return RangeList(text.firstWord)
    }
}
