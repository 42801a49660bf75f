using UpgradeProtocols.Lab;

if (!LabOptions.TryParse(args, out var options))
{
    Console.Error.WriteLine(LabOptions.Usage);
    return 2;
}

using var cancellation = new CancellationTokenSource();
Console.CancelKeyPress += (_, e) =>
{
    e.Cancel = true;
    cancellation.Cancel();
};

switch (options.Mode)
{
    case LabMode.Growth:
        GrowthReport.Write(await new GrowthRun(options).RunAsync(cancellation.Token), options);
        break;
    case LabMode.Variants:
        await Variant.BuildAsync(options, cancellation.Token);
        Report.Write(await new LabRun(options).RunAsync(cancellation.Token), options, ("variants.md", "variants.json", "variants.svg"));
        break;
    default:
        Report.Write(await new LabRun(options).RunAsync(cancellation.Token), options, ("table.md", "results.json", "chart.svg"));
        break;
}

return 0;
