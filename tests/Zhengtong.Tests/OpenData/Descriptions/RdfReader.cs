using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Zhengtong.OpenData.Descriptions;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.Descriptions;

/// <summary>A value as the independent reader gives it.</summary>
internal sealed record ReadValue(string Text, bool IsIri, string? Language, string? Datatype);

/// <summary>A statement as the independent reader gives it, its names in full.</summary>
internal sealed record ReadStatement(string Subject, string Property, ReadValue Value);

/// <summary>Reads RDF with Debian's rdflib: what we wrote is judged by somebody else.</summary>
internal static class RdfReader
{
    private const string Library = "/usr/lib/python3/dist-packages/rdflib";
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web);

    /// <summary>The statements of each document, by its ending.</summary>
    internal static async Task<IReadOnlyList<HashSet<ReadStatement>>> ReadAsync(params IReadOnlyList<(string Ending, string Document)> documents)
    {
        if (!Directory.Exists(Library)) { Assert.Skip("python3-rdflib is not installed"); }
        var folder = Directory.CreateTempSubdirectory("zhengtong-rdf-");
        try
        {
            var arguments = new List<string> { "-B", Repository.Path("tests", "Zhengtong.Tests", "OpenData", "Descriptions", "read_rdf.py") };
            foreach (var (n, (ending, document)) in documents.Index())
            {
                var file = Path.Combine(folder.FullName, $"{n}.{ending}");
                await File.WriteAllTextAsync(file, document);
                arguments.AddRange([ending switch { "ttl" => "turtle", "n3" => "n3", "jsonld" => "json-ld", _ => "xml" }, file]);
            }

            using var run = Process.Start(new ProcessStartInfo("/usr/bin/python3", arguments)
            {
                RedirectStandardOutput = true, RedirectStandardError = true, StandardOutputEncoding = Encoding.UTF8, Environment = { ["PYTHONIOENCODING"] = "utf-8" },
            })!;
            var errors = run.StandardError.ReadToEndAsync();
            var output = await run.StandardOutput.ReadToEndAsync();
            await run.WaitForExitAsync();
            run.ExitCode.ShouldBe(0, await errors);
            return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonSerializer.Deserialize<HashSet<ReadStatement>>(l, Options)!)];
        }
        finally { folder.Delete(recursive: true); }
    }

    /// <summary>A prefixed name in full.</summary>
    internal static string Full(string name) => RdfSyntax.Prefixes[name[..name.IndexOf(':')]] + name[(name.IndexOf(':') + 1)..];

    /// <summary>Values of a property.</summary>
    internal static IReadOnlyList<ReadValue> Of(this IEnumerable<ReadStatement> graph, string subject, string property) => [.. graph.Where(s => s.Subject == subject && s.Property == Full(property)).Select(s => s.Value)];

    /// <summary>Texts of a property.</summary>
    internal static IReadOnlyList<string> Texts(this IEnumerable<ReadStatement> graph, string subject, string property) => [.. graph.Of(subject, property).Select(v => v.Text)];

    /// <summary>Subjects of a type.</summary>
    internal static IReadOnlyList<string> Typed(this IEnumerable<ReadStatement> graph, string type) =>
        [.. graph.Where(s => s.Property == Full("rdf:type") && s.Value.Text == Full(type)).Select(s => s.Subject).Distinct()];
}
