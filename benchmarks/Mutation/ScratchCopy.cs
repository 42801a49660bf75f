namespace UpgradeProtocols.Mutation;

/// <summary>A copy of the repository's files. Unchanged files keep their times, so that a build is incremental.</summary>
internal sealed class ScratchCopy(string repository, string scratch)
{
    public string Folder { get; } = Path.Combine(scratch, "copy");

    public string PathOf(string file) => Path.Combine(Folder, file);

    /// <summary>Copies the files that differ, and deletes those that the repository no longer has.</summary>
    public void Update()
    {
        var files = ListFiles().Where(file => File.Exists(Path.Combine(repository, file))).ToHashSet(StringComparer.Ordinal);
        foreach (var file in files)
        {
            WriteIfDifferent(file, File.ReadAllBytes(Path.Combine(repository, file)));
        }

        foreach (var path in Directory.EnumerateFiles(Folder, "*.cs", SearchOption.AllDirectories))
        {
            var file = Path.GetRelativePath(Folder, path);
            if (!files.Contains(file) && !file.Split('/').Intersect(["bin", "obj", "node_modules"]).Any())
            {
                File.Delete(path);
            }
        }
    }

    public void WriteIfDifferent(string file, byte[] content)
    {
        var path = PathOf(file);
        if (File.Exists(path) && File.ReadAllBytes(path).AsSpan().SequenceEqual(content))
        {
            return;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
    }

    private string[] ListFiles() =>
        Command.Run("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], repository).Output
            .Split('\0', StringSplitOptions.RemoveEmptyEntries);
}
