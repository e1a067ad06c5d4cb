internal import CgroupModel
internal import KernelIO

/// Compares a file's text with the requested value, accepting the kernel's own formatting.
struct ReadBack {
    /// The requested value.
    let wanted: FileValue

    /// Whether the file's text is equivalent to the requested value.
    func isMet(by found: String) -> Bool {
        if found == wanted.text { return true }
        let settings = FileSetting.all(in: wanted.text, of: wanted.file)
        return !settings.isEmpty && settings.allSatisfy { isMet($0, by: found) }
    }

    private func isMet(_ setting: FileSetting, by found: String) -> Bool {
        let now = value(of: setting, in: found)
        if now == setting.value { return true }
        switch (setting.value, now) {
        case (.text(let wanted), .text(let found)):
            let list = RangeList(wanted)
            return list != nil && list == RangeList(found)
        case (.number(let wanted), .number(let found)):
            // The kernel keeps whole pages.
            return setting.file.name.hasPrefix("memory.")
                && found == wanted - wanted % MemoryPage.size
        default: return false
        }
    }

    /// The value of a setting in the text of its file; nil if it is missing or malformed.
    private func value(of setting: FileSetting, in text: String) -> LimitValue? {
        if setting.instance == nil, setting.file.line == nil {
            let found = FileSetting.all(in: text, of: setting.file.name)
            return found.first { $0.file == setting.file }?.value
        }
        let cell = setting.file.cell(of: setting.instance, nil)
        let coding = setting.file.coding
        // Older kernels show the default without the word `default`.
        return coding.stored(cell.value(in: text)) ?? coding.stored(text)
    }
}
