using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Portal;

/// <summary>Programs of a few lines that read a table by the portal's interfaces.</summary>
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
                # the whole table
                curl -o rows.csv "{rows}.csv"
                # five rows by the CKAN interface
                curl "{ask}?resource_id={resource.Id}&limit=5"
                """),
            ("Python", $$"""
                import json, urllib.request
                url = "{{ask}}?resource_id={{resource.Id}}&limit=100"
                with urllib.request.urlopen(url) as answer:
                    result = json.load(answer)["result"]
                print(result["total"], result["records"][:5])

                import pandas
                table = pandas.read_csv("{{rows}}.csv")
                """),
            ("JavaScript", $$"""
                const answer = await fetch("{{ask}}?resource_id={{resource.Id}}&limit=100");
                const { result } = await answer.json();
                console.log(result.total, result.records);
                """),
        ];
    }
}
