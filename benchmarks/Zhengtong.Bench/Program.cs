using System.Globalization;
using Zhengtong.Bench;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
switch (args)
{
    case ["static", var url, var bytes]: return await StaticPage.ServeAsync(url, int.Parse(bytes, CultureInfo.InvariantCulture));
    case ["service", var url, var bytes]: return await StaticPage.ServeServiceAsync(url, int.Parse(bytes, CultureInfo.InvariantCulture));
    case ["proxy", var url, var destination]: return await StaticPage.ServeProxyAsync(url, destination);
    case ["datastore", var url, var connection, var statements]: return await StaticPage.ServeDatastoreAsync(url, connection, statements);
    case ["import", var folder, var path]: return await OpenDataBench.ImportAloneAsync(folder, path);
    case ["fill", var folder, var datasets]: return await OpenDataBench.FillAsync(folder, int.Parse(datasets, CultureInfo.InvariantCulture));
    case ["search", var folder, var datasets]: Console.WriteLine(await OpenDataBench.CatalogueAsync(folder, int.Parse(datasets, CultureInfo.InvariantCulture), filled: true)); return 0;
    case ["files", var url, var folder]: return await StaticPage.ServeFilesAsync(url, folder);
}

var settings = Settings.Parse(args);
foreach (var bench in settings.Chosen)
{
    Console.WriteLine($"\n== {bench.Letter}: {bench.Title}");
    var body = await bench.RunAsync(settings);
    Console.WriteLine(body);
    if (settings.Report is { } report) { Report.Write(report, bench, body); }
}

return 0;
