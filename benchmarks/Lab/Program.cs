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

var results = await new LabRun(options).RunAsync(cancellation.Token);
Report.Write(results, options);
return 0;
