using System.Globalization;
using Zhengtong.Bench;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args is ["static", ..]) { return await StaticPage.ServeAsync(args[1], int.Parse(args[2], CultureInfo.InvariantCulture)); }

var settings = Settings.Parse(args);
foreach (var bench in settings.Chosen)
{
    Console.WriteLine($"\n== {bench.Letter}: {bench.Title}");
    var body = await bench.RunAsync(settings);
    Console.WriteLine(body);
    if (settings.Report is { } report) { Report.Write(report, bench, body); }
}

return 0;
