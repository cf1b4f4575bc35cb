using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Portal;

/// <summary>Programs of a few lines that read a table by the portal's interfaces, with nothing but what their languages bring along (R: and jsonlite).</summary>
internal static class CodeSamples
{
    /// <summary>Name of the language and the program, in order.</summary>
    /// <param name="root">The platform's address with a slash at its end.</param>
    /// <param name="dataset">The dataset's name.</param>
    /// <param name="resource">A resource with a table.</param>
    internal static IReadOnlyList<(string Language, string Code)> Of(string root, string dataset, DatasetResource resource)
    {
        var (rows, ask) = ($"{root}dataset/{dataset}/resource/{resource.Id}/rows", $"{root}api/3/action/datastore_search");
        return
        [
            ("curl", $"""
                # the whole table; -C - goes on where a broken download stopped
                curl -C - -o rows.csv "{rows}.csv"
                # five rows by the CKAN interface
                curl "{ask}?resource_id={resource.Id}&limit=5"
                """),
            ("Python", $$"""
                import csv, io, json, urllib.request

                # a hundred rows and how many there are
                url = "{{ask}}?resource_id={{resource.Id}}&limit=100"
                with urllib.request.urlopen(url) as answer:
                    result = json.load(answer)["result"]
                print(result["total"], result["records"][:5])

                # the whole table, row by row
                with urllib.request.urlopen("{{rows}}.csv") as answer:
                    for row in csv.DictReader(io.TextIOWrapper(answer, "utf-8", newline="")):
                        pass
                """),
            ("R", $$"""
                # the whole table
                rows <- read.csv("{{rows}}.csv", fileEncoding = "UTF-8", check.names = FALSE)

                # a hundred rows and how many there are
                answer <- jsonlite::fromJSON("{{ask}}?resource_id={{resource.Id}}&limit=100")
                answer$result$total
                head(answer$result$records)
                """),
            ("JavaScript", $$"""
                const answer = await fetch("{{ask}}?resource_id={{resource.Id}}&limit=100");
                const { result } = await answer.json();
                console.log(result.total, result.records);
                """),
        ];
    }
}
